"""Toys of pairs of vectors that share a function by construction, and whose algebra is known."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.pairing import WithControl

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset
    from symbench.data.samples import ConservedQuantities

_DATA_SEED = 20_230_131
_BATCH = 200_000


class _MadePairs(WithControl):
    """Pairs u, v ~ N(0, 1) in R⁴ for which every uᵀJv lies within `width` of 1: drawn and rejected."""

    width_of_peak: float = Field(0.1, gt=0, le=1, description="largest distance of the function from 1")
    pairs: int = Field(2_000, ge=100, le=20_000, description="number of pairs")
    test_events: int = Field(500, ge=10, le=10_000, description="test events for the metrics")

    @abstractmethod
    def forms(self) -> npt.NDArray[np.float64]:
        """The forms J (m, 4, 4)."""

    def identity(self) -> dict[str, Any]:
        return {
            "generator": "PCG64",
            "data_seed": _DATA_SEED,
            "forms": self.name,
            "width": self.width_of_peak,
            "pairs": self.pairs,
            **self.control_identity(),
        }

    def sizes(self) -> Sizes:
        return Sizes(train=self.pairs - self.test_events, validation=0, test=self.test_events)

    def width(self) -> int:
        return 8

    def events(self, context: DataContext) -> Dataset:
        import numpy as np

        from symbench.data.container import Dataset, Provenance

        rng = np.random.Generator(np.random.PCG64(_DATA_SEED))
        forms = self.forms()
        parts: list[npt.NDArray[np.float64]] = []
        while sum(map(len, parts)) < self.pairs:
            x = rng.standard_normal((_BATCH, 2, 4))
            shared = np.einsum("ni,kij,nj->nk", x[:, 0], forms, x[:, 1], optimize=True)
            parts.append(x[(np.abs(shared - 1) < self.width_of_peak).all(axis=1)])
        x = np.concatenate(parts)[: self.pairs]
        return Dataset.numbered(
            vectors=x,
            provenance=Provenance(
                source=f"made: {self.summary}",
                selection=f"pairs from N(0, 1), shared functions within {self.width_of_peak:g} of 1, seed {_DATA_SEED}",
                licence="CC0-1.0",
            ),
        )

    def shared(self) -> ConservedQuantities:
        from symbench.data.event_functions import pair_forms

        return pair_forms(self.forms(), 2)


@task("pairs-so22")
class PairsSO22(_MadePairs):
    """uᵀηv with η = diag(1, 1, −1, −1) is nearly 1 in every pair; so(2,2), six generators."""

    summary: ClassVar[str] = "pairs that share a form of signature (2, 2); truth so(2,2)"

    def forms(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import minkowski

        return minkowski(2, 2)[None]

    def shared_names(self) -> tuple[str, ...]:
        return ("uᵀηv",)

    def truth(self) -> npt.NDArray[np.float64] | None:
        from symbench.algebra.bases import so

        return so(2, 2) if self.partners == "recorded" else None

    def truth_name(self) -> str | None:
        return "so(2,2)" if self.partners == "recorded" else super().truth_name()


@task("pairs-u2")
class PairsU2(_MadePairs):
    """Both parts of z†w, for z, w in C² as R⁴, are nearly 1: a symmetric and an antisymmetric form; u(2).

    The order of the two vectors has a meaning, so that `casimir` needs `forms: both`.
    """

    summary: ClassVar[str] = "pairs that share the complex number z†w; truth u(2)"

    def forms(self) -> npt.NDArray[np.float64]:
        import numpy as np

        from symbench.algebra.bases import complex_structure

        return np.stack([np.eye(4), -complex_structure(2)])

    def shared_names(self) -> tuple[str, ...]:
        return ("Re z†w", "Im z†w")

    def truth(self) -> npt.NDArray[np.float64] | None:
        from symbench.algebra.stabiliser import stabiliser

        return stabiliser(self.forms()) if self.partners == "recorded" else None

    def truth_name(self) -> str | None:
        return "u(2)" if self.partners == "recorded" else super().truth_name()
