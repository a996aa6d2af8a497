"""Exact Kepler orbits in the plane, without integration error at any time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

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

    @classmethod
    def of(cls, position: FloatArray, velocity: FloatArray, strength: float) -> Self:
        """The orbits through positions and velocities (N, 2) at time 0. Raises ValueError for states that escape."""
        distance = np.linalg.norm(position, axis=1)
        inverse = 2 / distance - np.sum(velocity**2, axis=1) / strength
        if not (inverse > 0).all():
            raise ValueError(f"{int(np.sum(~(inverse > 0)))} states are not bound: their orbits are no ellipses")
        axis, radial = 1 / inverse, np.sum(position * velocity, axis=1)
        spin = position[:, 0] * velocity[:, 1] - position[:, 1] * velocity[:, 0]
        turned = np.stack([velocity[:, 1], -velocity[:, 0]], axis=1)
        pericentre = spin[:, None] * turned / strength - position / distance[:, None]  # e, the Laplace vector over μ
        eccentricity = np.linalg.norm(pericentre, axis=1)
        eccentric = np.arctan2(radial / np.sqrt(strength * axis), 1 - distance / axis)
        return cls(
            axis=axis,
            eccentricity=eccentricity,
            orientation=np.arctan2(pericentre[:, 1], pericentre[:, 0]),
            anomaly=eccentric - eccentricity * np.sin(eccentric),
            sense=np.sign(spin),
            strength=strength,
        )

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
