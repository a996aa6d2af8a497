"""Systems whose state is not (q, p): the free rigid body, predators and prey, the Lorenz attractor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.orbits.integrate import System, integrate, nothing, quadratic
from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]

_INERTIA = np.array([1.0, 2.0, 3.0])
_SIGMA, _RHO, _BETA = 10.0, 28.0, 8.0 / 3.0
_TRANSIENT = 5.0  # the volume of states shrinks by e^(−13.7 t)


def rigid_body() -> System:
    """Euler's equations L̇ = L × I⁻¹L in the body's frame, moments of inertia 1, 2, 3.

    Conserved are |L|²/2 and the energy ½ L·I⁻¹L. |L| is uniform in 0.7 to 1.5, its direction uniform.
    """

    def flow(x: FloatArray) -> FloatArray:
        return np.cross(x, x / _INERTIA)

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        direction = rng.standard_normal((n, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        return np.asarray(direction * rng.uniform(0.7, 1.5, (n, 1)))

    return System(flow, draw, quadratic(np.stack([np.eye(3), np.diag(1 / _INERTIA)])))


def lotka_volterra() -> System:
    """u̇ = u (1 − v), v̇ = v (u − 1); conserved is u + v − ln(u v).

    (ln u, ln v) is drawn from a ring about the fixed point (1, 1), with radius uniform in 0.3 to 1.5.
    """

    def flow(x: FloatArray) -> FloatArray:
        u, v = x.T
        return np.stack([u * (1 - v), v * (u - 1)], axis=1)

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        radius, phase = rng.uniform(0.3, 1.5, n), rng.uniform(0, 2 * np.pi, n)
        return np.exp(np.stack([radius * np.cos(phase), radius * np.sin(phase)], axis=1))

    conserved = ConservedQuantities(
        1,
        lambda x: np.asarray(np.sum(x - np.log(x), axis=1, keepdims=True)),
        lambda x: np.asarray((1 - 1 / x)[:, None]),
    )
    return System(flow, draw, conserved)


def lorenz() -> System:
    """The Lorenz equations with σ = 10, ρ = 28, β = 8/3, on the attractor: chaotic, dissipative, nothing is conserved.

    Orbits begin in a box and run for a time 5 before the first state is taken.
    """

    def flow(x: FloatArray) -> FloatArray:
        a, b, c = x.T
        return np.stack([_SIGMA * (b - a), a * (_RHO - c) - b, a * b - _BETA * c], axis=1)

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        start = rng.uniform(-10, 10, (n, 3)) + np.array([0.0, 0.0, 25.0])
        return integrate(flow, start, steps=2, dt=_TRANSIENT, substeps=round(_TRANSIENT / 0.025))[:, 1]

    return System(flow, draw, nothing(3))
