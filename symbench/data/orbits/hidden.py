"""A dynamical system seen in other coordinates, x = φ(z)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.data.orbits.integrate import System
from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CurvedMap:
    """x = (e^{κu} − 1)/κ in each coordinate, u = M z; κ = 0 is x = u.

    mixing  (D, D) M, orthogonal
    """

    curvature: float
    mixing: FloatArray

    def seen(self, z: FloatArray) -> FloatArray:
        """x (N, D) of z (N, D)."""
        u = z @ self.mixing.T
        return np.asarray(np.expm1(self.curvature * u) / self.curvature if self.curvature > 0 else u)

    def plain(self, x: FloatArray) -> FloatArray:
        """z (N, D) of x (N, D); NaN where no z is seen as x, at 1 + κx ≤ 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            u = np.log1p(self.curvature * x) / self.curvature if self.curvature > 0 else x
        return np.asarray(u @ self.mixing)

    def stretch(self, x: FloatArray) -> FloatArray:
        """∂xᵢ/∂uᵢ = 1 + κxᵢ (N, D)."""
        return np.asarray(1 + self.curvature * x)


def hidden(system: System, seen_through: CurvedMap) -> System:
    """The same motion and the same conserved quantities, as functions of x; angles cannot be curved."""

    def flow(x: FloatArray) -> FloatArray:
        return np.asarray(seen_through.stretch(x) * (system.flow(seen_through.plain(x)) @ seen_through.mixing.T))

    def gradients(x: FloatArray) -> FloatArray:
        inside = system.truth.gradients(seen_through.plain(x)) @ seen_through.mixing.T
        return np.asarray(inside / seen_through.stretch(x)[:, None, :])

    truth = ConservedQuantities(system.truth.count, lambda x: system.truth.values(seen_through.plain(x)), gradients)
    return System(flow, lambda rng, n: seen_through.seen(system.draw(rng, n)), truth)
