"""`two-body-steps`: equivariance of one step of two-body motion."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.registry import task
from symbench.tasks.distribution.sampled_density import SampledDensity

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@task("two-body-steps")
class TwoBodySteps(SampledDensity):
    """States x_t = (q₁, q₂, p₁, p₂) ∈ R⁸ of two equal masses in the plane, with x_{t+1} as companion.

    The density of (x_t, x_{t+1}) is invariant under rotations of the plane, one generator: rotations map steps of the
    motion to steps. In the centre-of-mass frame q₁ = −q₂ and p₁ = −p₂ exactly, so that the data span four of eight
    dimensions, and generators are compared modulo matrices that annihilate the data; in the moving frame the data span
    all eight. Orbits are exact, from Kepler's equation, with G = m = 1.
    """

    summary: ClassVar[str] = "two-body orbits: x_t → x_{t+1} is equivariant under so(2)"
    reference: ClassVar[str] = "Yang et al., arXiv:2302.00236, section 5.2; Greydanus et al., arXiv:1906.01563"
    companion: ClassVar[Literal["none", "class", "vectors"]] = "vectors"

    frame: Literal["moving", "centre-of-mass"] = Field("moving", description="frame of reference of the two bodies")
    dt: float = Field(0.4, gt=0, le=10, description="time from x_t to x_{t+1}")

    def truth(self) -> npt.NDArray[np.float64]:
        import numpy as np

        rotation = np.array([[0.0, -1.0], [1.0, 0.0]])
        return np.kron(np.eye(4), rotation)[None]

    def truth_name(self) -> str:
        return "so(2)"

    def draw(
        self, rng: np.random.Generator, count: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, npt.NDArray[np.int64] | None]:
        import numpy as np

        from symbench.data.orbits.planar_orbits import PlanarOrbits

        orbits = PlanarOrbits(
            axis=rng.uniform(1.5, 4.0, count),
            eccentricity=rng.uniform(0.0, 0.5, count),
            orientation=rng.uniform(0, 2 * np.pi, count),
            anomaly=rng.uniform(0, 2 * np.pi, count),
            sense=rng.choice([-1.0, 1.0], count),
            strength=2.0,
        )
        centre, drift = np.zeros((count, 2)), np.zeros((count, 2))
        if self.frame == "moving":
            centre, drift = rng.standard_normal((count, 2)), 0.5 * rng.standard_normal((count, 2))
        states = []
        for time in (0.0, self.dt):
            r, v = orbits.at(time)
            q = centre + drift * time
            states.append(np.hstack([q + r / 2, q - r / 2, drift + v / 2, drift - v / 2])[:, None])
        return states[0], states[1], None
