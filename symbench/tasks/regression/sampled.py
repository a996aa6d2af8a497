"""Base class of regression tasks whose inputs are drawn from a density and whose target is a formula."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.tasks.base import DataContext, RegressionTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset

    Floats = npt.NDArray[np.float64]


_DATA_SEED = 20_230_137


class SampledTarget(RegressionTask):
    """Inputs drawn with one fixed seed, and their target: the trial's seed selects events from them."""

    version: ClassVar[str] = "1"

    events: int = Field(30_000, ge=10, le=1_000_000, description="events from which training sets are drawn")
    validation_events: int = Field(1_000, ge=10, le=1_000_000, description="events that select the epoch")
    test_events: int = Field(5_000, ge=10, le=1_000_000, description="test events for the metrics")

    def identity(self) -> dict[str, Any]:
        return {"generator": "PCG64", "data_seed": _DATA_SEED, **self.model_dump(mode="json")}

    def sizes(self) -> Sizes:
        return Sizes(train=self.events, validation=self.validation_events, test=self.test_events)

    def load(self, context: DataContext) -> Dataset:
        import numpy as np

        from symbench.data.container import Dataset, Provenance

        total = self.events + self.validation_events + self.test_events
        vectors, scalars = self.draw(np.random.Generator(np.random.PCG64(_DATA_SEED)), total)
        return Dataset.numbered(
            vectors=vectors,
            label=self.target(vectors, scalars),
            provenance=Provenance(source=f"made: {self.summary}", selection=f"seed {_DATA_SEED}", licence="CC0-1.0"),
            features=scalars,
        )

    @abstractmethod
    def draw(self, rng: np.random.Generator, count: int) -> tuple[Floats, Floats | None]:
        """N = count events: vectors (N, P, d), and their scalars (N, P, F) or None."""

    @abstractmethod
    def target(self, vectors: Floats, scalars: Floats | None) -> Floats:
        """The target (N, D) of these inputs."""
