"""`equivariance-cross`, `-cubic`, `-inertia`, `-none`: targets of several components, and what transforms them.

An algebra acts on the vectors, and a representation of it on the target; neither is given to a method. The truth is
larger than the rotations that one would build in: a vector product and an inertia tensor are equivariant under all of
GL(3), with a representation on the target that is not the one of a vector or of a tensor.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import DataContext, EquivarianceTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset
    from symbench.tasks.regression.inertia import MomentOfInertia

    Floats = npt.NDArray[np.float64]

_DATA_SEED = 20_230_142


class SampledEquivariance(EquivarianceTask):
    """Vectors x ~ N(0, 1) in R³ with one fixed seed, and a target by a formula."""

    version: ClassVar[str] = "1"

    events: int = Field(3_000, ge=10, le=1_000_000, description="events from which training sets are drawn")
    test_events: int = Field(1_000, ge=10, le=1_000_000, description="test events for the metrics")

    def identity(self) -> dict[str, Any]:
        return {"generator": "PCG64", "data_seed": _DATA_SEED, **self.model_dump(mode="json")}

    def sizes(self) -> Sizes:
        return Sizes(train=self.events, validation=0, test=self.test_events)

    def load(self, context: DataContext) -> Dataset:
        import numpy as np

        from symbench.data.container import Dataset, Provenance

        rng = np.random.Generator(np.random.PCG64(_DATA_SEED))
        vectors, scalars = self.draw(rng, self.events + self.test_events)
        return Dataset.numbered(
            vectors=vectors,
            label=self.target(vectors, scalars),
            provenance=Provenance(source=f"made: {self.summary}", selection=f"seed {_DATA_SEED}", licence="CC0-1.0"),
            features=scalars,
        )

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Floats, Floats | None]:
        """N = count events: two vectors (N, 2, 3), and their scalars (N, 2, F) or None."""
        return rng.standard_normal((count, 2, 3)), None

    @abstractmethod
    def truth(self) -> Floats: ...

    @abstractmethod
    def truth_representation(self) -> Floats: ...

    @abstractmethod
    def target(self, vectors: Floats, scalars: Floats | None) -> Floats:
        """The target (N, D)."""


@task("equivariance-cross")
class VectorProduct(SampledEquivariance):
    """f = x₁ × x₂. Since Mx₁ × Mx₂ = cof(M) (x₁ × x₂), the algebra is gl(3) with B = tr(A) 1 − Aᵀ."""

    summary: ClassVar[str] = "x₁ × x₂: gl(3) with the representation of cofactors"
    reference: ClassVar[str] = "a closed form, made for this benchmark"

    def target(self, vectors: Floats, scalars: Floats | None) -> Floats:
        import numpy as np

        return np.asarray(np.cross(vectors[:, 0], vectors[:, 1]))

    def truth(self) -> Floats:
        import numpy as np

        return np.eye(9).reshape(9, 3, 3)

    def truth_representation(self) -> Floats:
        import numpy as np

        a = self.truth()
        return np.asarray(np.trace(a, axis1=1, axis2=2)[:, None, None] * np.eye(3) - a.transpose(0, 2, 1))


@task("equivariance-cubic")
class CubicVector(SampledEquivariance):
    """f = (x₁·x₂) x₁ + ‖x₁‖² x₂: rotations with B = A, and the dilation A = 1 with B = 3."""

    summary: ClassVar[str] = "(x₁·x₂) x₁ + ‖x₁‖² x₂: rotations, and the dilation with weight 3"
    reference: ClassVar[str] = "a closed form, made for this benchmark"

    def target(self, vectors: Floats, scalars: Floats | None) -> Floats:
        import numpy as np

        first, second = vectors[:, 0], vectors[:, 1]
        along = np.sum(first * second, axis=1, keepdims=True) * first
        return np.asarray(along + np.sum(first**2, axis=1, keepdims=True) * second)

    def truth(self) -> Floats:
        import numpy as np

        from symbench.algebra.bases import so

        return np.concatenate([so(3), np.eye(3)[None]])

    def truth_representation(self) -> Floats:
        import numpy as np

        return np.asarray(self.truth() * np.array([1.0, 1.0, 1.0, 3.0])[:, None, None])


@task("equivariance-inertia")
class InertiaEquivariance(SampledEquivariance):
    """The inertia tensor of two masses, I = tr(S) 1 − S with S = Σ m x xᵀ. The masses are scalars.

    M ∈ GL(3) takes S to M S Mᵀ, and S is a linear function of I. So the algebra is gl(3), and its representation on I,
    B(A) I = tr(AS + SAᵀ) 1 − AS − SAᵀ with S = tr(I)/2 − I, is that of a tensor of rank 2 for rotations only.
    """

    summary: ClassVar[str] = "the inertia tensor of two masses: gl(3), a tensor under rotations only"
    reference: ClassVar[str] = "the target of arXiv:2104.09459, section 7.1, whose symmetry there is O(3)"

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Floats, Floats | None]:
        return self._regression().draw(rng, count)

    def target(self, vectors: Floats, scalars: Floats | None) -> Floats:
        return self._regression().target(vectors, scalars)

    def _regression(self) -> MomentOfInertia:
        from symbench.tasks.regression.inertia import MomentOfInertia

        return MomentOfInertia(bodies=2)

    def truth(self) -> Floats:
        import numpy as np

        return np.eye(9).reshape(9, 3, 3)

    def truth_representation(self) -> Floats:
        import numpy as np

        tensors = np.eye(9).reshape(9, 3, 3)

        def turned(tensor: Floats) -> Floats:
            return np.asarray(np.trace(tensor, axis1=-2, axis2=-1)[..., None, None] * np.eye(3) - tensor)

        second = np.trace(tensors, axis1=1, axis2=2)[:, None, None] / 2 * np.eye(3) - tensors
        moved = np.einsum("kab,nbc->knac", self.truth(), second)
        moved = turned(moved + np.einsum("nab,kcb->knac", second, self.truth()))
        return np.asarray(moved.reshape(9, 9, 9).transpose(0, 2, 1))


@task("equivariance-none")
class NoEquivariance(SampledEquivariance):
    """Sums of eight sines of random linear forms: nothing transforms them alike, not even a dilation."""

    summary: ClassVar[str] = "sums of sines of random linear forms: no symmetry"
    reference: ClassVar[str] = "a control, made for this benchmark"

    def target(self, vectors: Floats, scalars: Floats | None) -> Floats:
        import numpy as np

        rng = np.random.Generator(np.random.PCG64(_DATA_SEED + 1))
        forms, phases, sums = rng.standard_normal((8, 6)) / 2, rng.uniform(0, 2 * np.pi, 8), rng.standard_normal((3, 8))
        return np.asarray(np.sin(vectors.reshape(len(vectors), 6) @ forms.T + phases) @ sums.T)

    def truth(self) -> Floats:
        import numpy as np

        return np.zeros((0, 3, 3))

    def truth_representation(self) -> Floats:
        import numpy as np

        return np.zeros((0, 3, 3))

    def truth_name(self) -> str:
        return "none"
