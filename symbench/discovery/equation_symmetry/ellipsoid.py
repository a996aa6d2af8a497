"""Upper bounds of defects over the confidence ellipsoid of a fitted equation of motion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_HALVINGS = 100


def largest_over_ball(quadratic: FloatArray, linear: FloatArray, constant: float) -> float:
    """The maximum of uᵀ Q u + 2 gᵀu + q₀ over ‖u‖ ≤ 1, for symmetric Q (p, p), from its dual.

    min over λ ≥ max(0, λ_max(Q)) of q₀ + λ + gᵀ(λ − Q)⁻¹ g; there is no gap between both (S. Boyd, L. Vandenberghe,
    Convex Optimization, appendix B), and every λ gives an upper bound, so that rounding cannot make a claim false.
    """
    values, vectors = np.linalg.eigh(quadratic)
    squares = (vectors.T @ linear) ** 2
    tiny = np.finfo(np.float64).eps * max(float(np.abs(values).max()), float(np.sqrt(squares.sum())), 1e-300)
    lowest = max(0.0, float(values[-1])) + tiny
    highest = lowest + float(np.sqrt(squares.sum())) + tiny

    def bound(multiplier: float) -> float:
        return float(constant + multiplier + np.sum(squares / (multiplier - values)))

    low, high = lowest, highest  # the slope 1 − Σ g²/(λ − q)² rises; it is not negative at the upper end
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if np.sum(squares / (middle - values) ** 2) > 1:
            low = middle
        else:
            high = middle
    return min(bound(lowest), bound(high))


def certified(
    change: FloatArray, change_spread: FloatArray, size: FloatArray, size_spread: FloatArray, tolerance: float
) -> bool:
    """Whether ‖a + B u‖ ≤ tolerance · ‖f + H u‖ for all ‖u‖ ≤ 1: the largest relative defect over the ellipsoid.

    change        a (M,), the brackets of the directions of a span, stacked: their joint norm is at least the largest
    change_spread B (M, p)
    size          f (K,), F itself
    size_spread   H (K, p)
    """
    unit = float(size @ size) or 1.0
    square = tolerance**2
    quadratic = (change_spread.T @ change_spread - square * size_spread.T @ size_spread) / unit
    linear = (change_spread.T @ change - square * size_spread.T @ size) / unit
    constant = (float(change @ change) - square * float(size @ size)) / unit
    return largest_over_ball(quadratic, linear, constant) <= 0.0
