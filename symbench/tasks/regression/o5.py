"""`o5`: a scalar function of two vectors in five dimensions, invariant under O(5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.data.signature import Signature
from symbench.registry import task
from symbench.tasks.regression.sampled import SampledTarget

if TYPE_CHECKING:
    import numpy as np

    from symbench.algebra.representations import MatrixGroup
    from symbench.tasks.regression.sampled import Floats


@task("o5")
class O5Function(SampledTarget):
    """f(x₁, x₂) = sin ‖x₁‖ − ‖x₂‖³/2 + x₁·x₂/(‖x₁‖‖x₂‖) with x ~ N(0, 1) in R⁵."""

    summary: ClassVar[str] = "a scalar of two vectors in R⁵: 2 T1 → T0, O(5)"
    reference: ClassVar[str] = "Finzi, Welling, Wilson, arXiv:2104.09459, section 7.1"

    def outputs(self) -> Signature:
        return Signature(vectors=2, dimension=5)

    def group(self) -> MatrixGroup:
        from symbench.algebra.representations import orthogonal

        return orthogonal(5)

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Floats, None]:
        return rng.standard_normal((count, 2, 5)), None

    def target(self, vectors: Floats, scalars: Floats | None) -> Floats:
        import numpy as np

        first, second = np.linalg.norm(vectors, axis=2).T
        cosine = (vectors[:, 0] * vectors[:, 1]).sum(axis=1) / (first * second)
        return np.asarray(np.sin(first) - 0.5 * second**3 + cosine)[:, None]
