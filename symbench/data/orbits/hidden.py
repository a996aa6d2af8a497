"""A dynamical system in other coordinates, x = φ(z)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.data.orbits.integrate import System
from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CurvedMap:
    """The map φ: x = (e^{κu} − 1)/κ in each coordinate, u = M z; for κ = 0 it is x = u.

    curvature  κ ≥ 0
    mixing     (D, D) M, orthogonal
    """

    curvature: float
    mixing: FloatArray

    def curved(self, z: FloatArray) -> FloatArray:
        """x (N, D) of z (N, D)."""
        u = z @ self.mixing.T
        return np.asarray(np.expm1(self.curvature * u) / self.curvature if self.curvature > 0 else u)

    def plain(self, x: FloatArray) -> FloatArray:
        """z (N, D) of x (N, D); NaN for x outside the image of φ, 1 + κx ≤ 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            u = np.log1p(self.curvature * x) / self.curvature if self.curvature > 0 else x
        return np.asarray(u @ self.mixing)

    def stretch(self, x: FloatArray) -> FloatArray:
        """∂xᵢ/∂uᵢ = 1 + κxᵢ (N, D)."""
        return np.asarray(1 + self.curvature * x)


def hidden(system: System, phi: CurvedMap) -> System:
    """The same motion and conserved quantities as functions of x = φ(z), for a system in z without angles."""

    def flow(x: FloatArray) -> FloatArray:
        return np.asarray(phi.stretch(x) * (system.flow(phi.plain(x)) @ phi.mixing.T))

    def gradients(x: FloatArray) -> FloatArray:
        inner = system.truth.gradients(phi.plain(x)) @ phi.mixing.T
        return np.asarray(inner / phi.stretch(x)[:, None, :])

    truth = ConservedQuantities(system.truth.count, lambda x: system.truth.values(phi.plain(x)), gradients)
    return System(flow, lambda rng, n: phi.curved(system.draw(rng, n)), truth)
