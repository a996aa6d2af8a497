"""Radial motion around a black hole in the coordinates r and t of a distant observer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.data.orbits.integrate import System
from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RadialMotion:
    """r(t) of a particle with angular momentum L around a mass M, in Schwarzschild coordinates r and t, G = c = M = 1.

    With f = 1 − 2/r and W = f (1 + L²/r²), energy E and radial momentum p per mass are

        E = f √(W / (f² − ṙ²)),  p = E ṙ / f²,  r̈ = f f′ − (f² − ṙ²)(f′/f + W′/2W)

    States are (w, u) = (R/r, ṙ/ωR) and the time is ωt, with R the radius of the stable circular orbit and ω the
    frequency of small radial oscillations: both are of order 1. Misner, Thorne, Wheeler, Gravitation, section 25.5.
    """

    angular_momentum: float

    @property
    def circular(self) -> float:
        """R in M; raises ValueError if no circular orbit is stable, L² ≤ 12."""
        square = self.angular_momentum**2
        if square <= 12:
            raise ValueError(f"no circular orbit is stable at L = {self.angular_momentum}: L² must exceed 12")
        return float((square + np.sqrt(square**2 - 12 * square)) / 2)

    @property
    def frequency(self) -> float:
        """ω in 1/M, of small radial oscillations in t."""
        radius, square = self.circular, self.angular_momentum**2
        curvature = -4 / radius**3 + 6 * square / radius**4 - 24 * square / radius**5
        f, w, _, _ = self._functions(np.array([radius]))
        return float(np.sqrt(f[0] ** 2 * curvature / (2 * w[0])))

    def _functions(self, r: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """f, W, f′ and W′."""
        square = self.angular_momentum**2
        f, slope = 1 - 2 / r, 2 / r**2
        return f, f * (1 + square / r**2), slope, slope * (1 + square / r**2) - 2 * f * square / r**3

    def radius_and_speed(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """r in M and ṙ of states x (N, 2)."""
        radius = self.circular
        return radius / x[:, 0], x[:, 1] * self.frequency * radius

    def momentum(self, x: FloatArray) -> FloatArray:
        """p per mass (N,) of states x (N, 2); (r, p) are canonical coordinates."""
        r, speed = self.radius_and_speed(x)
        f = self._functions(r)[0]
        return np.asarray(self.energy(x) * speed / f**2)

    def energy(self, x: FloatArray) -> FloatArray:
        """E per mass (N,) of states x (N, 2)."""
        r, speed = self.radius_and_speed(x)
        f, w, _, _ = self._functions(r)
        return np.asarray(f * np.sqrt(w / (f**2 - speed**2)))

    def flow(self, x: FloatArray) -> FloatArray:
        """d(w, u)/d(ωt) (N, 2)."""
        r, speed = self.radius_and_speed(x)
        f, w, f1, w1 = self._functions(r)
        acceleration = f * f1 - (f**2 - speed**2) * (f1 / f + w1 / (2 * w))
        return np.stack([-(x[:, 0] ** 2) * x[:, 1], acceleration / (self.frequency**2 * self.circular)], axis=1)

    def energy_gradient(self, x: FloatArray) -> FloatArray:
        """∂E/∂(w, u) (N, 2)."""
        r, speed = self.radius_and_speed(x)
        f, w, f1, w1 = self._functions(r)
        energy, room = self.energy(x), f**2 - speed**2
        by_radius = energy * (f1 / f + w1 / (2 * w) - f * f1 / room)
        by_speed = energy * speed / room
        radius = self.circular
        return np.stack([-by_radius * radius / x[:, 0] ** 2, by_speed * self.frequency * radius], axis=1)


def schwarzschild(angular_momentum: float, nearest: tuple[float, float]) -> System:
    """Bound orbits that start at their smallest radius, r/R uniform in `nearest`; conserved is E."""
    motion = RadialMotion(angular_momentum)
    energy = ConservedQuantities(1, lambda x: motion.energy(x)[:, None], lambda x: motion.energy_gradient(x)[:, None])

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        return np.stack([1 / rng.uniform(*nearest, n), np.zeros(n)], axis=1)

    return System(motion.flow, draw, energy)
