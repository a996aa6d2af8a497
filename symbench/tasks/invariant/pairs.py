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
    """Pairs for which every shared function lies within a width of its value: drawn and rejected."""

    value: ClassVar[float] = 1.0  # of the shared functions
    components: ClassVar[int] = 4  # of a vector

    width_of_peak: float = Field(
        0.1, gt=0, le=1, description="largest distance of the function from its value, in units of the value"
    )
    pairs: int = Field(2_000, ge=100, le=20_000, description="number of pairs")
    test_events: int = Field(500, ge=10, le=10_000, description="test events for the metrics")

    @abstractmethod
    def shared(self) -> ConservedQuantities: ...

    def drawn(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
        """Pairs (count, 2, d) of independent vectors: N(0, 1) in each component."""
        return rng.standard_normal((count, 2, self.components))

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
        return 2 * self.components

    def events(self, context: DataContext) -> Dataset:
        import numpy as np

        from symbench.data.container import Dataset, Provenance

        rng = np.random.Generator(np.random.PCG64(_DATA_SEED))
        functions, reach = self.shared(), self.width_of_peak * self.value
        parts: list[npt.NDArray[np.float64]] = []
        while sum(map(len, parts)) < self.pairs:
            x = self.drawn(rng, _BATCH)
            values = functions.values(x.reshape(_BATCH, -1))
            parts.append(x[(np.abs(values - self.value) < reach).all(axis=1)])
        x = np.concatenate(parts)[: self.pairs]
        return Dataset.numbered(
            vectors=x,
            provenance=Provenance(
                source=f"made: {self.summary}",
                selection=f"shared functions within {reach:g} of {self.value:g}, seed {_DATA_SEED}",
                licence="CC0-1.0",
            ),
        )


class _PairsOfForms(_MadePairs):
    """Pairs u, v that share bilinear functions uᵀJv."""

    @abstractmethod
    def forms(self) -> npt.NDArray[np.float64]:
        """The forms J (m, 4, 4)."""

    def shared(self) -> ConservedQuantities:
        from symbench.data.event_functions import pair_forms

        return pair_forms(self.forms(), 2)


@task("pairs-so22")
class PairsSO22(_PairsOfForms):
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
class PairsU2(_PairsOfForms):
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


@task("pairs-rational")
class PairsRational(_MadePairs):
    """u·v / (1 + |u|²|v|²) is nearly 1/4 in every pair of R³: a rational function, of degree 4 over 2; so(3).

    No quadratic form is nearly the same: u·v is (1 + |u|²|v|²)/4 there, which varies as much as with permuted partners.
    """

    summary: ClassVar[str] = "pairs that share a rational function of their products; truth so(3)"
    value: ClassVar[float] = 0.25
    components: ClassVar[int] = 3

    def shared(self) -> ConservedQuantities:
        from symbench.data.event_functions import saturating_product

        return saturating_product(3)

    def shared_names(self) -> tuple[str, ...]:
        return ("u·v / (1 + u² v²)",)

    def truth(self) -> npt.NDArray[np.float64] | None:
        from symbench.algebra.bases import so

        return so(3) if self.partners == "recorded" else None

    def truth_name(self) -> str | None:
        return "so(3)" if self.partners == "recorded" else super().truth_name()


@task("pairs-opening-angle")
class PairsOpeningAngle(_MadePairs):
    """The cosine of the angle between two directions (θ, φ) is nearly 1/2: a trigonometric function.

    Directions are uniform on half of the sphere, |φ| < π/2. The rotations that leave the angle unchanged are no
    matrices on (θ, φ), so that the truth is the function alone.
    """

    summary: ClassVar[str] = "directions (θ, φ) at a shared angle; truth its cosine"
    value: ClassVar[float] = 0.5
    components: ClassVar[int] = 2

    def drawn(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
        import numpy as np

        theta = np.arccos(rng.uniform(-1.0, 1.0, size=(count, 2)))
        return np.stack([theta, rng.uniform(-np.pi / 2, np.pi / 2, size=(count, 2))], axis=2)

    def shared(self) -> ConservedQuantities:
        from symbench.data.event_functions import cosine_between

        return cosine_between()

    def shared_names(self) -> tuple[str, ...]:
        return ("cos θ cos θ′ + sin θ sin θ′ cos(φ − φ′)",)
