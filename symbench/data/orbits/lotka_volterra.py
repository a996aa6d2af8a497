"""Lotka and Volterra's predators and prey."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.orbits.integrate import System
from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]


def lotka_volterra() -> System:
    """u̇ = u (1 − v), v̇ = v (u − 1); conserved is u + v − ln(u v). States are (u, v).

    (ln u, ln v) is drawn from a ring around the fixed point (1, 1), with radius uniform in 0.3 to 1.5.
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
