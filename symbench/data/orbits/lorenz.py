"""The Lorenz attractor, a control without conserved quantities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.orbits.integrate import System, integrate, nothing

FloatArray = npt.NDArray[np.float64]

_SIGMA, _RHO, _BETA = 10.0, 28.0, 8.0 / 3.0
_TRANSIENT = 5.0  # volumes in state space shrink by e^(−13.7 t)


def lorenz() -> System:
    """The Lorenz equations with σ = 10, ρ = 28, β = 8/3, on the attractor: chaotic, dissipative, nothing is conserved.

    Orbits start in a box and are integrated for a time of 5 before the first state is taken.
    """

    def flow(x: FloatArray) -> FloatArray:
        a, b, c = x.T
        return np.stack([_SIGMA * (b - a), a * (_RHO - c) - b, a * b - _BETA * c], axis=1)

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        start = rng.uniform(-10, 10, (n, 3)) + np.array([0.0, 0.0, 25.0])
        return integrate(flow, start, steps=2, dt=_TRANSIENT, substeps=round(_TRANSIENT / 0.025))[:, 1]

    return System(flow, draw, nothing(3))
