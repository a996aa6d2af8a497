"""Base class of tasks with events drawn from a density of known symmetry.

A linear symmetry of a density with finite second moments preserves these moments, so all true groups are compact.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.tasks.base import DataContext, DistributionTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset


_DATA_SEED = 20_230_133


class SampledDensity(DistributionTask):
    """Events drawn from a known density, with one fixed seed: the trial's seed selects events from them."""

    version: ClassVar[str] = "1"

    events: int = Field(10_000, ge=10, le=1_000_000, description="events from which training sets are drawn")
    test_events: int = Field(2_000, ge=10, le=1_000_000, description="test events for the metrics")

    def identity(self) -> dict[str, Any]:
        return {"generator": "PCG64", "data_seed": _DATA_SEED, **self.model_dump(mode="json")}

    def sizes(self) -> Sizes:
        return Sizes(train=self.events, validation=0, test=self.test_events)

    def load(self, context: DataContext) -> Dataset:
        import numpy as np

        from symbench.data.container import Dataset, Provenance

        total = self.events + self.test_events
        vectors, companions, label = self.draw(np.random.Generator(np.random.PCG64(_DATA_SEED)), total)
        return Dataset.numbered(
            vectors=vectors,
            label=np.zeros(total, dtype=np.int64) if label is None else label,
            provenance=Provenance(source=f"made: {self.summary}", selection=f"seed {_DATA_SEED}", licence="CC0-1.0"),
            features=companions,
        )

    @abstractmethod
    def draw(
        self, rng: np.random.Generator, count: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, npt.NDArray[np.int64] | None]:
        """Draw N = count events: vectors (N, P, d), companion vectors (N, P, d) or None, classes (N,) or None."""
