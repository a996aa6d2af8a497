"""Toys with known answers: vectors from N(0, 1) with a label whose symmetry can be proved.

`so2`, `so3`, `so4` ask for the rotations that keep ‖x‖², `lorentz` for the so(1,3) that keeps xᵀηx, and `no-symmetry`
is a control that has none.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import DataContext, FunctionTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from symbench.data.container import Dataset

_DATA_SEED = 20_230_131  # one draw of data for everybody: a trial's seed chooses events from it
_PHASES = (0.3, 1.1, 1.9, 2.7)


class Toy(FunctionTask):
    """One vector an event, x ~ N(0, 1_d), and a number y = f(x) + noise."""

    version: ClassVar[str] = "1"
    dimension: ClassVar[int]

    events: int = Field(10_000, ge=10, le=1_000_000, description="events to draw training sets from")
    test_events: int = Field(1_000, ge=10, le=1_000_000, description="events kept for the metrics")
    noise: float = Field(0.0, ge=0, le=10, description="label noise, in standard deviations of the label")

    def identity(self) -> dict[str, Any]:
        return {
            "generator": "PCG64",
            "data_seed": _DATA_SEED,
            "dimension": self.dimension,
            "events": self.events + self.test_events,
            "noise": self.noise,
        }

    def sizes(self) -> Sizes:
        return Sizes(train=self.events, validation=0, test=self.test_events)

    def load(self, context: DataContext) -> Dataset:
        import numpy as np
        import torch

        from symbench.data.container import Dataset, Provenance

        total = self.events + self.test_events
        rng = np.random.Generator(np.random.PCG64(_DATA_SEED))
        x = rng.standard_normal((total, 1, self.dimension))
        y = self.label_function()(torch.from_numpy(x)).numpy()
        if self.noise > 0:
            y = y + self.noise * y.std() * rng.standard_normal(total)
        return Dataset(
            vectors=x,
            mask=np.ones((total, 1), dtype=np.bool_),
            label=y,
            event_id=np.arange(total, dtype=np.uint64),
            provenance=Provenance(
                source=f"made: {self.summary}",
                selection=f"x ~ N(0, 1) in {self.dimension} dimensions, seed {_DATA_SEED}, noise {self.noise:g}",
                licence="CC0-1.0",
            ),
        )

    @abstractmethod
    def truth(self) -> npt.NDArray[np.float64]:
        """The generators (k*, d, d)."""

    @abstractmethod
    def label_function(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """The label without noise."""


class _QuadraticForm(Toy):
    """y = Σ sᵢ xᵢ² with p plus and q minus signs: exactly so(p, q), since Lᵀη + ηL = 0 defines it."""

    signs: ClassVar[tuple[int, int]]

    def truth(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import so

        return so(*self.signs)

    def truth_name(self) -> str:
        p, q = self.signs
        return f"so({p},{q})" if q else f"so({p})"

    def label_function(self) -> Callable[[torch.Tensor], torch.Tensor]:
        p = self.signs[0]

        def quadratic_form(x: torch.Tensor) -> torch.Tensor:
            squares = x.square().sum(dim=1)
            return squares[:, :p].sum(dim=1) - squares[:, p:].sum(dim=1)

        return quadratic_form


@task("so2")
class So2(_QuadraticForm):
    """Rotations of the plane."""

    summary: ClassVar[str] = "‖x‖² in 2 dimensions; truth so(2)"
    dimension: ClassVar[int] = 2
    signs: ClassVar[tuple[int, int]] = (2, 0)


@task("so3")
class So3(_QuadraticForm):
    """Rotations of space."""

    summary: ClassVar[str] = "‖x‖² in 3 dimensions; truth so(3)"
    dimension: ClassVar[int] = 3
    signs: ClassVar[tuple[int, int]] = (3, 0)


@task("so4")
class So4(_QuadraticForm):
    """Rotations in four dimensions."""

    summary: ClassVar[str] = "‖x‖² in 4 dimensions; truth so(4)"
    dimension: ClassVar[int] = 4
    signs: ClassVar[tuple[int, int]] = (4, 0)


@task("lorentz")
class Lorentz(_QuadraticForm):
    """Lorentz transformations."""

    summary: ClassVar[str] = "xᵀηx in 4 dimensions; truth so(1,3)"
    dimension: ClassVar[int] = 4
    signs: ClassVar[tuple[int, int]] = (1, 3)


@task("no-symmetry")
class NoSymmetry(Toy):
    """y = Σᵢ sin(xᵢ + φᵢ) with four different phases: no linear symmetry at all.

    Proof: invariance says Σᵢⱼ Lᵢⱼ cos(xᵢ + φᵢ) xⱼ = 0 for every x. The sixteen functions cos(xᵢ + φᵢ) xⱼ are
    linearly independent (for i ≠ j they are products of independent functions of different variables, for i = j
    they are neither constant nor a multiple of another), so L = 0.
    """

    summary: ClassVar[str] = "Σ sin(xᵢ + φᵢ) in 4 dimensions; truth: none"
    dimension: ClassVar[int] = 4

    def truth(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import nothing

        return nothing(self.dimension)

    def truth_name(self) -> str:
        return "none"

    def label_function(self) -> Callable[[torch.Tensor], torch.Tensor]:
        def sines(x: torch.Tensor) -> torch.Tensor:
            return (x.sum(dim=1) + x.new_tensor(_PHASES)).sin().sum(dim=1)

        return sines
