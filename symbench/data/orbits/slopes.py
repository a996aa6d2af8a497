"""Velocities of recorded states: slopes of polynomials through the nearest rows, at their recorded times."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

ROWS, DEGREE = 7, 3
_BLOCK = 100_000  # rows at a time, which bounds the memory


def local_slopes(times: FloatArray, values: FloatArray, rows: int = ROWS, degree: int = DEGREE) -> FloatArray:
    """d(values)/dt (R, D) at increasing times (R,), of a polynomial fitted to the rows nearest in order.

    Exact for polynomials of this degree at any times; needs at least `rows` rows.
    """
    n = len(times)
    slopes = np.empty(values.shape)
    for start in range(0, n, _BLOCK):
        centre = np.arange(start, min(start + _BLOCK, n))
        nearest = np.clip(centre - rows // 2, 0, n - rows)[:, None] + np.arange(rows)
        shifted = times[nearest] - times[centre, None]
        unit = np.abs(shifted).max(axis=1, keepdims=True)
        design = (shifted / unit)[:, :, None] ** np.arange(degree + 1)
        slopes[centre] = np.einsum("nw,nwd->nd", np.linalg.pinv(design)[:, 1], values[nearest]) / unit
    return slopes
