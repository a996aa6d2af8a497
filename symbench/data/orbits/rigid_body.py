"""The free rigid body in the body's frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.orbits.integrate import System, quadratic

FloatArray = npt.NDArray[np.float64]

_INERTIA = np.array([1.0, 2.0, 3.0])


def rigid_body() -> System:
    """Euler's equations L̇ = L × I⁻¹L in the body's frame, moments of inertia 1, 2, 3; states are L, shape (3,).

    Conserved are |L|²/2 and the energy ½ L·I⁻¹L. |L| is uniform in 0.7 to 1.5, its direction uniform.
    """

    def flow(x: FloatArray) -> FloatArray:
        return np.cross(x, x / _INERTIA)

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        direction = rng.standard_normal((n, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        return np.asarray(direction * rng.uniform(0.7, 1.5, (n, 1)))

    return System(flow, draw, quadratic(np.stack([np.eye(3), np.diag(1 / _INERTIA)])))
