"""`two-body-prediction`: the state of two bodies a time later, four vectors that are equivariant under O(2)."""

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

_STRENGTH = 2.0  # G (m₁ + m₂) with G = m = 1


@task("two-body-prediction")
class TwoBodyPrediction(SampledTarget):
    """(q₁, q₂, p₁, p₂) of two equal masses in the plane at t + dt from those at t, in their centre-of-mass frame.

    Orbits are those of `two-body-steps`, whose density LieGAN finds so(2) in; reflections are a symmetry as well. The
    target is the exact Kepler flow of any bound state, so that it is equivariant where no event lies.
    """

    summary: ClassVar[str] = "two-body motion, one step ahead: 4 T1 → 4 T1, O(2)"
    reference: ClassVar[str] = "Yang et al., arXiv:2302.00236, section 5.2"

    dt: float = Field(0.4, gt=0, le=10, description="time between the two states")

    def outputs(self) -> Signature:
        return Signature(vectors=4, dimension=2, target=(1, 1, 1, 1))

    def group(self) -> MatrixGroup:
        from symbench.algebra.representations import orthogonal

        return orthogonal(2)

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Floats, None]:
        from symbench.tasks.distribution.two_body_steps import TwoBodySteps

        before, _, _ = TwoBodySteps(frame="centre-of-mass", dt=self.dt).draw(rng, count)
        return before.reshape(count, 4, 2), None

    def target(self, vectors: Floats, scalars: Floats | None) -> Floats:
        import numpy as np

        from symbench.data.orbits.planar_orbits import PlanarOrbits

        centre, drift = vectors[:, :2].mean(axis=1), vectors[:, 2:].mean(axis=1)
        separation, velocity = vectors[:, 0] - vectors[:, 1], vectors[:, 2] - vectors[:, 3]
        r, v = PlanarOrbits.of(separation, velocity, _STRENGTH).at(self.dt)
        q = centre + drift * self.dt
        return np.concatenate([q + r / 2, q - r / 2, drift + v / 2, drift - v / 2], axis=1)
