"""The real principal logarithm of a group element."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm, sqrtm

FloatArray = npt.NDArray[np.float64]

_NEAR, _MOST_HALVINGS = 0.25, 50  # distance of a root from 1 at which ten terms of the series are exact to rounding
_REAL = 1e-6  # share of a logarithm that may be imaginary because of rounding
_CONDITION = 1e8  # above it an element counts as singular


def logarithm(element: FloatArray) -> FloatArray | None:
    """The real principal logarithm L of g (d, d), e^L = g; None if g has none.

    g has none if it is singular or has a negative eigenvalue, as every reflection has.
    """
    if not np.isfinite(element).all() or np.linalg.cond(element) > _CONDITION:
        return None
    values = np.linalg.eigvals(element)
    if np.any((values.real < 0) & (np.abs(values.imag) <= _REAL * np.abs(values))):
        return None
    principal = _principal(element)
    if np.max(np.abs(principal.imag)) > _REAL * max(1.0, float(np.max(np.abs(principal.real)))):
        return None
    real = np.asarray(principal.real, dtype=np.float64)
    close = np.allclose(expm(real), element, atol=1e-6 * float(np.max(np.abs(element))))
    return real if close else None


def _principal(element: FloatArray) -> npt.NDArray[np.complex128]:
    """log g = 2ⁿ⁺¹ artanh((r − 1)(r + 1)⁻¹) with the 2ⁿ-th root r near 1.

    scipy's `logm` is not used because it draws from numpy's global generator.
    """
    unit = np.eye(len(element))
    root, halvings = np.asarray(element, dtype=np.complex128), 0
    while np.linalg.norm(root - unit) > _NEAR and halvings < _MOST_HALVINGS:
        root, halvings = np.asarray(sqrtm(root), dtype=np.complex128), halvings + 1
    ratio = np.linalg.solve(root + unit, root - unit)
    series = sum(np.linalg.matrix_power(ratio, j) / j for j in range(1, 20, 2))
    return np.asarray(2.0 ** (halvings + 1) * series, dtype=np.complex128)
