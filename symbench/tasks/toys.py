"""Toys with known answers: vectors from N(0, 1) with a label whose symmetry can be proved.

Here are what all toys share and the quadratic forms: `so2` to `so10` ask for the rotations that keep ‖x‖², `lorentz`
for the so(1,3) that keeps xᵀηx, `squeeze` for the so(1,1) that keeps x₁x₂. Less classical algebras are in
`toys_algebras`, and toys without a symmetry in `toys_controls`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

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


class Toy(FunctionTask):
    """P vectors an event, x ~ N(0, 1_d), and a number y = f(Ax) + noise, where A is 1 unless a hidden basis is asked.

    In a hidden basis the truth is A⁻¹𝔤A. The singular values of A lie between 1/√10 and √10.
    """

    version: ClassVar[str] = "1"
    dimension: ClassVar[int]
    vectors: ClassVar[int] = 1

    events: int = Field(10_000, ge=10, le=1_000_000, description="events to draw training sets from")
    test_events: int = Field(1_000, ge=10, le=1_000_000, description="events kept for the metrics")
    noise: float = Field(0.0, ge=0, le=10, description="label noise, in standard deviations of the label")
    hidden_basis: int | None = Field(
        None, ge=0, description="seed of a random basis that the symmetry is hidden in; by default none is drawn"
    )

    def identity(self) -> dict[str, Any]:
        return {
            "generator": "PCG64",
            "data_seed": _DATA_SEED,
            "dimension": self.dimension,
            "vectors": self.vectors,
            "events": self.events + self.test_events,
            "noise": self.noise,
            "hidden_basis": self.hidden_basis,
        }

    def sizes(self) -> Sizes:
        return Sizes(train=self.events, validation=0, test=self.test_events)

    def load(self, context: DataContext) -> Dataset:
        import numpy as np
        import torch

        from symbench.data.container import Dataset, Provenance

        total = self.events + self.test_events
        rng = np.random.Generator(np.random.PCG64(_DATA_SEED))
        x = self._draw(rng, total)
        y = self.label_function()(torch.from_numpy(x)).numpy()
        if self.noise > 0:
            y = y + self.noise * y.std() * rng.standard_normal(total)
        return Dataset(
            vectors=x,
            mask=np.ones((total, self.vectors), dtype=np.bool_),
            label=y,
            event_id=np.arange(total, dtype=np.uint64),
            provenance=Provenance(
                source=f"made: {self.summary}",
                selection=f"x ~ N(0, 1) in {self.dimension} dimensions, seed {_DATA_SEED}, noise {self.noise:g}",
                licence="CC0-1.0",
            ),
        )

    def truth(self) -> npt.NDArray[np.float64]:
        """The generators (k*, d, d) in the basis of the data."""
        import numpy as np

        basis = self.basis()
        return self.algebra() if basis is None else np.asarray(np.linalg.solve(basis, self.algebra() @ basis))

    def label_function(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """The label of x (N, P, d) without noise."""
        basis = self.basis()
        if basis is None:
            return self.function
        import torch

        hidden = torch.from_numpy(basis.T.copy())
        return lambda x: self.function(x @ hidden)

    def basis(self) -> npt.NDArray[np.float64] | None:
        """The hidden basis A (d, d); None where there is none."""
        import numpy as np

        if self.hidden_basis is None:
            return None
        rng = np.random.Generator(np.random.PCG64([_DATA_SEED, self.hidden_basis]))
        left, right = (np.linalg.qr(rng.standard_normal((self.dimension, self.dimension)))[0] for _ in range(2))
        return np.asarray(left * 10 ** rng.uniform(-0.5, 0.5, self.dimension) @ right)

    @abstractmethod
    def algebra(self) -> npt.NDArray[np.float64]:
        """The symmetry (k*, d, d) of `function`."""

    @abstractmethod
    def function(self, x: torch.Tensor) -> torch.Tensor:
        """The label of x (N, P, d) in the basis in which it is written down: (N,)."""

    def _draw(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
        return rng.standard_normal((count, self.vectors, self.dimension))


class _QuadraticForm(Toy):
    """y = Σ sᵢ xᵢ² with p plus and q minus signs: exactly so(p, q), since Lᵀη + ηL = 0 defines it."""

    signs: ClassVar[tuple[int, int]]

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import so

        return so(*self.signs)

    def truth_name(self) -> str:
        p, q = self.signs
        return f"so({p},{q})" if q else f"so({p})"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        squares = x.square().sum(dim=1)
        p = self.signs[0]
        return squares[:, :p].sum(dim=1) - squares[:, p:].sum(dim=1)


class _Rotations(_QuadraticForm):
    """The same with ‖x‖² or ‖x‖ as label, which have one symmetry."""

    label: Literal["square", "length"] = Field("square", description="‖x‖², or ‖x‖ as in arXiv:2301.05638")

    def identity(self) -> dict[str, Any]:
        same = super().identity()
        return same if self.label == "square" else {**same, "label": self.label}

    def function(self, x: torch.Tensor) -> torch.Tensor:
        square = super().function(x)
        return square if self.label == "square" else square.sqrt()


@task("so2")
class So2(_Rotations):
    """Rotations of the plane."""

    summary: ClassVar[str] = "‖x‖² in 2 dimensions; truth so(2)"
    dimension: ClassVar[int] = 2
    signs: ClassVar[tuple[int, int]] = (2, 0)


@task("so3")
class So3(_Rotations):
    """Rotations of space."""

    summary: ClassVar[str] = "‖x‖² in 3 dimensions; truth so(3)"
    dimension: ClassVar[int] = 3
    signs: ClassVar[tuple[int, int]] = (3, 0)


@task("so4")
class So4(_Rotations):
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


@task("so10")
class So10(_Rotations):
    """Rotations in ten dimensions: forty-five generators among a hundred matrices."""

    summary: ClassVar[str] = "‖x‖² in 10 dimensions; truth so(10)"
    dimension: ClassVar[int] = 10
    signs: ClassVar[tuple[int, int]] = (10, 0)


@task("squeeze")
class Squeeze(Toy):
    """x₁ → eᵗx₁, x₂ → e⁻ᵗx₂: a boost in light-cone coordinates."""

    summary: ClassVar[str] = "x₁x₂ in 2 dimensions; truth so(1,1)"
    dimension: ClassVar[int] = 2

    def algebra(self) -> npt.NDArray[np.float64]:
        import numpy as np

        return np.diag([1.0, -1.0])[None]

    def truth_name(self) -> str:
        return "so(1,1)"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :, 0].mul(x[:, :, 1]).sum(dim=1)
