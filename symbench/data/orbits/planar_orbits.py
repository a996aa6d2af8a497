"""Exact Kepler orbits in the plane, without integration error at any time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_NEWTON_STEPS = 12  # more than double precision needs for eccentricities below 0.9


@dataclass(frozen=True)
class PlanarOrbits:
    """N elliptic orbits of the relative coordinate r, r″ = −μ r/|r|³.

    axis          (N,) semi-major axis
    eccentricity  (N,)
    orientation   (N,) direction of the pericentre, radians
    anomaly       (N,) mean anomaly at time 0, radians
    sense         (N,) sense of rotation, ±1
    strength      μ
    """

    axis: FloatArray
    eccentricity: FloatArray
    orientation: FloatArray
    anomaly: FloatArray
    sense: FloatArray
    strength: float

    def at(self, time: float) -> tuple[FloatArray, FloatArray]:
        """Positions and velocities (N, 2) at a time; Kepler's equation E − e sin E = M is solved by Newton's method."""
        a, e = self.axis, self.eccentricity
        rate = np.sqrt(self.strength / a**3)
        mean = self.anomaly + rate * time
        eccentric = mean + e * np.sin(mean)
        for _ in range(_NEWTON_STEPS):
            eccentric = eccentric - (eccentric - e * np.sin(eccentric) - mean) / (1 - e * np.cos(eccentric))
        cos, sin, minor = np.cos(eccentric), np.sin(eccentric), np.sqrt(1 - e**2)
        speed = rate * a / (1 - e * cos)
        position = np.stack([a * (cos - e), self.sense * a * minor * sin], axis=1)
        velocity = np.stack([-speed * sin, self.sense * speed * minor * cos], axis=1)
        return self._turned(position), self._turned(velocity)

    def _turned(self, vectors: FloatArray) -> FloatArray:
        cos, sin = np.cos(self.orientation), np.sin(self.orientation)
        return np.stack([cos * vectors[:, 0] - sin * vectors[:, 1], sin * vectors[:, 0] + cos * vectors[:, 1]], axis=1)
