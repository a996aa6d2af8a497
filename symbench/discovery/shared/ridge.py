"""Least squares with a ridge that leave-one-out errors choose, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_PENALTIES = 10.0 ** np.arange(-14, 3, dtype=np.float64)  # of the largest squared singular value
_RANK = 1e-13  # of the largest singular value


@dataclass(frozen=True)
class RidgeFit:
    """y ≈ Φ c + constant.

    coefficients  c (p,)
    constant      the intercept, which has no penalty
    left_out      (N,) errors of the events, each predicted by the fit to all others with the same penalty
    """

    coefficients: FloatArray
    constant: float
    left_out: FloatArray

    @property
    def loss(self) -> float:
        """Mean square of the leave-one-out errors."""
        return float(np.mean(self.left_out**2))


def ridge_fit(features: FloatArray, y: FloatArray) -> RidgeFit:
    """Fit y (N,) by features (N, p), of which there may be more than events; N ≥ 2.

    Columns are brought to spread 1 first, so that the penalty does not depend on their units. With U S Vᵀ the centred
    features, the residuals of penalty λ are (1 − H) y = U diag(λ/(s² + λ)) Uᵀ y + y⊥, and the error of a left-out event
    is its residual over 1 − Hᵢᵢ (D. M. Allen, Technometrics 16 (1974) 125). λ/(s² + λ) is formed as it stands: 1 − H by
    subtraction would be rounding for more features than events.
    """
    n = len(y)
    centre, middle = features.mean(axis=0), float(y.mean())
    spread = features.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    left, s, right = np.linalg.svd((features - centre) / scale, full_matrices=False)
    kept = s > _RANK * s[0] if len(s) and s[0] > 0 else np.zeros(len(s), dtype=np.bool_)
    left, s, right = left[:, kept], s[kept], right[kept]
    if not len(s):
        return RidgeFit(np.zeros(features.shape[1]), middle, (y - middle) * n / (n - 1))
    z = y - middle
    along = left.T @ z
    full = len(s) >= n - 1
    beside = np.zeros(n) if full else z - left @ along
    leverage = np.zeros(n) if full else 1 - 1 / n - np.sum(left**2, axis=1)
    best: tuple[float, FloatArray, FloatArray] | None = None
    for penalty in _PENALTIES * s[0] ** 2:
        shrunk = penalty / (s**2 + penalty)
        errors = (left @ (shrunk * along) + beside) / np.maximum(left**2 @ shrunk + leverage, 1e-15)
        loss = float(np.mean(errors**2))
        if best is None or loss < best[0]:
            best = loss, right.T @ (s / (s**2 + penalty) * along) / scale, errors
    assert best is not None
    _, coefficients, errors = best
    return RidgeFit(coefficients, middle - float(centre @ coefficients), errors)
