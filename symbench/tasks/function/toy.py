"""Base classes of toys: vectors from N(0, 1) and a label whose symmetry can be proved.

`Toy` is the base of all of them, `QuadraticForm` that of `so2` to `so10` and `lorentz`; toys without a symmetry derive
from `control.Control`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.tasks.base import DataContext, FunctionTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from symbench.data.container import Dataset


_DATA_SEED = 20_230_131  # fixed: a trial's seed selects from these events


class Toy(FunctionTask):
    """P vectors per event, x ~ N(0, 1_d), and a number y = f(Ax) + noise; A is 1 unless `hidden_basis` is set.

    In a hidden basis the truth is A⁻¹𝔤A. The singular values of A lie between 1/√10 and √10.
    """

    version: ClassVar[str] = "1"
    dimension: ClassVar[int]
    vectors: ClassVar[int] = 1

    events: int = Field(10_000, ge=10, le=1_000_000, description="events from which training sets are drawn")
    test_events: int = Field(1_000, ge=10, le=1_000_000, description="test events for the metrics")
    noise: float = Field(0.0, ge=0, le=10, description="label noise, in standard deviations of the label")
    hidden_basis: int | None = Field(
        None, ge=0, description="seed of a random basis A of the data; by default the standard basis"
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
        """The label of x (N, P, d) without noise, as a function."""
        basis = self.basis()
        if basis is None:
            return self.function
        import torch

        hidden = torch.from_numpy(basis.T.copy())
        return lambda x: self.function(x @ hidden)

    def basis(self) -> npt.NDArray[np.float64] | None:
        """The hidden basis A (d, d); None for the standard basis."""
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
        """The label (N,) of x (N, P, d) in the standard basis."""

    def _draw(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
        return rng.standard_normal((count, self.vectors, self.dimension))


class QuadraticForm(Toy):
    """y = Σ sᵢ xᵢ² with p plus and q minus signs; its symmetry Lᵀη + ηL = 0 is so(p, q) by definition."""

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
