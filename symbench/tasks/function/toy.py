"""Base classes of toys: vectors from N(0, 1) and a label whose symmetry can be proved.

`Toy` is the base of all of them, `QuadraticForm` that of `so2` to `so10` and `lorentz`; toys without a symmetry derive
from `control.Control`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from symbench.data.sizes import Sizes
from symbench.tasks.base import DataContext, FunctionTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from symbench.data.container import Dataset


_DATA_SEED = 20_230_131  # fixed: a trial's seed selects from these events
_LATER = {"input_tails": "normal", "noise_tails": "normal", "irrelevant": 0, "duplicate": 0}
"""Parameters that came later, with their defaults: at these they enter no key, so that earlier results stay valid."""


def _is_default(value: object) -> bool:
    return value in (0, "normal")


class Toy(FunctionTask):
    """P vectors per event, x ~ N(0, 1_d), and a number y = f(Ax) + noise; A is 1 unless `hidden_basis` is set.

    In a hidden basis the truth is A⁻¹𝔤A. The singular values of A lie between 1/√10 and √10. Columns that the label
    ignores add to the truth every L that maps into them (a trivial part, `columns.with_irrelevant`); repeated columns
    put the data on a subspace, on which the truth is 𝔤.
    """

    version: ClassVar[str] = "1"
    dimension: ClassVar[int]
    vectors: ClassVar[int] = 1
    on_subspace: ClassVar[bool] = False  # whether the data span less than `dimension` directions

    events: int = Field(10_000, ge=10, le=1_000_000, description="events from which training sets are drawn")
    test_events: int = Field(1_000, ge=10, le=1_000_000, description="test events for the metrics")
    noise: float = Field(0.0, ge=0, le=10, description="label noise, in standard deviations of the label")
    hidden_basis: int | None = Field(
        None, ge=0, description="seed of a random basis A of the data; by default the standard basis"
    )
    input_tails: Literal["normal", "student"] = Field(
        "normal",
        exclude_if=_is_default,
        description="inputs of variance 1: normal, or Student's t with 3 degrees of freedom",
    )
    noise_tails: Literal["normal", "student", "cauchy"] = Field(
        "normal",
        exclude_if=_is_default,
        description="distribution of the noise: normal, Student's t with 3 degrees of freedom, or Cauchy, whose half "
        "width is then `noise`",
    )
    irrelevant: int = Field(
        0, ge=0, le=64, exclude_if=_is_default, description="further columns of each vector, which the label ignores"
    )
    duplicate: int = Field(
        0, ge=0, le=64, exclude_if=_is_default, description="further columns of each vector that repeat the first ones"
    )

    @model_validator(mode="after")
    def _enough_to_repeat(self) -> Self:
        if self.duplicate > self.dimension:
            raise ValueError(f"duplicate: there are {self.dimension} columns to repeat, not {self.duplicate}")
        return self

    @property
    def columns(self) -> int:
        """The number of components of a vector, with irrelevant and repeated ones."""
        return self.dimension + self.irrelevant + self.duplicate

    def identity(self) -> dict[str, Any]:
        return {
            "generator": "PCG64",
            "data_seed": _DATA_SEED,
            "dimension": self.dimension,
            "vectors": self.vectors,
            "events": self.events + self.test_events,
            "noise": self.noise,
            "hidden_basis": self.hidden_basis,
            **self._chosen(),
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
        y = self.observed(self.formula()(torch.from_numpy(x)).numpy(), rng)
        return Dataset.numbered(
            vectors=x,
            label=y,
            provenance=Provenance(
                source=f"made: {self.summary}",
                selection=f"x ~ N(0, 1) in {self.dimension} dimensions, seed {_DATA_SEED}, noise {self.noise:g}"
                + "".join(f", {name} {value}" for name, value in self._chosen().items()),
                licence="CC0-1.0",
            ),
        )

    def truth(self) -> npt.NDArray[np.float64]:
        """The generators (k*, D, D) in the basis of the data, with the trivial ones of irrelevant columns."""
        import numpy as np

        from symbench.tasks.function.columns import with_duplicates, with_irrelevant

        basis = self.basis()
        algebra = with_duplicates(with_irrelevant(self.algebra(), self.irrelevant), self.duplicate)
        return algebra if basis is None else np.asarray(np.linalg.solve(basis, algebra @ basis))

    def label_function(self) -> Callable[[torch.Tensor], torch.Tensor] | None:
        """The label of x (N, P, D) without noise, as a function; None if its gradient says nothing about it."""
        return self.formula()

    def formula(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """f of x (N, P, D) in the basis of the data: `function` of the columns that matter."""
        basis, d = self.basis(), self.dimension
        if basis is None:
            return self.function if d == self.columns else lambda x: self.function(x[..., :d])
        import torch

        hidden = torch.from_numpy(basis.T[:, :d].copy())
        return lambda x: self.function(x @ hidden)

    def basis(self) -> npt.NDArray[np.float64] | None:
        """The hidden basis A (D, D); None for the standard basis."""
        import numpy as np

        if self.hidden_basis is None:
            return None
        rng = np.random.Generator(np.random.PCG64([_DATA_SEED, self.hidden_basis]))
        left, right = (np.linalg.qr(rng.standard_normal((self.columns, self.columns)))[0] for _ in range(2))
        return np.asarray(left * 10 ** rng.uniform(-0.5, 0.5, self.columns) @ right)

    @abstractmethod
    def algebra(self) -> npt.NDArray[np.float64]:
        """The symmetry (k*, d, d) of `function`."""

    @abstractmethod
    def function(self, x: torch.Tensor) -> torch.Tensor:
        """The label (N,) of x (N, P, d) in the standard basis."""

    def inputs(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
        """Vectors (count, P, d) without irrelevant and repeated columns."""
        return self.independent(rng, (count, self.vectors, self.dimension))

    def independent(self, rng: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """Independent numbers of mean 0 and variance 1 with the tails of the inputs."""
        from symbench.tasks.function.columns import standard_draw

        return standard_draw(rng, self.input_tails, shape)

    def observed(self, y: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[Any]:
        """The labels of events with f = y (N,): y with noise."""
        from symbench.tasks.function.columns import standard_draw

        return y + self.noise * y.std() * standard_draw(rng, self.noise_tails, y.shape) if self.noise > 0 else y

    def _draw(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
        """Events (count, P, D) in the basis of the data: N(0, 1) in any basis, unless they lie on a subspace."""
        import numpy as np

        x = self.inputs(rng, count)
        if self.irrelevant:
            x = np.concatenate([x, self.independent(rng, (count, self.vectors, self.irrelevant))], axis=2)
        if self.duplicate:
            x = np.concatenate([x, x[..., : self.duplicate]], axis=2)
        basis = self.basis() if self.on_subspace or self.duplicate else None
        return x if basis is None else np.asarray(np.linalg.solve(basis, x[..., None])[..., 0])

    def _chosen(self) -> dict[str, Any]:
        """The later parameters that differ from their defaults."""
        return {name: value for name, default in _LATER.items() if (value := getattr(self, name)) != default}


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
