"""`inertia`: the moment of inertia of five masses, a tensor of rank 2 that is equivariant under O(3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.data.signature import Signature
from symbench.registry import task
from symbench.tasks.regression.sampled import SampledTarget

if TYPE_CHECKING:
    import numpy as np

    from symbench.algebra.representations import MatrixGroup
    from symbench.tasks.regression.sampled import Floats

_BODIES = 5  # in the paper


def _as_in_the_paper(bodies: int) -> bool:
    return bodies == _BODIES


@task("inertia")
class MomentOfInertia(SampledTarget):
    """I = Σ mᵢ (‖xᵢ‖² 1 − xᵢxᵢᵀ), x ~ N(0, 1) in R³, m = log(1 + e^z), z ~ N(0, 1); five masses by default."""

    summary: ClassVar[str] = "the moment of inertia of five masses: 5 T0 + 5 T1 → T2, O(3)"
    reference: ClassVar[str] = "Finzi, Welling, Wilson, arXiv:2104.09459, section 7.1"

    bodies: int = Field(
        _BODIES,
        ge=1,
        le=20,
        description="masses",
        exclude_if=_as_in_the_paper,  # no part of keys that existed before
    )

    def outputs(self) -> Signature:
        return Signature(vectors=self.bodies, dimension=3, scalars=1, target=(2,))

    def group(self) -> MatrixGroup:
        from symbench.algebra.representations import orthogonal

        return orthogonal(3)

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        import numpy as np

        masses = np.log1p(np.exp(rng.standard_normal((count, self.bodies, 1))))
        return rng.standard_normal((count, self.bodies, 3)), masses

    def target(self, vectors: Floats, scalars: Floats | None) -> Floats:
        import numpy as np

        assert scalars is not None
        second = np.einsum("npf,npa,npb->nab", scalars, vectors, vectors)
        trace = np.einsum("naa->n", second)
        return np.asarray((trace[:, None, None] * np.eye(3) - second).reshape(len(vectors), 9))
