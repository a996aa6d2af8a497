"""The algebra that leaves bilinear forms unchanged: {L : LᵀJ + JL = 0 for every form J}."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_ZERO = 1e-9


def stabiliser(forms: FloatArray, tolerance: float = _ZERO) -> FloatArray:
    """A Frobenius-orthonormal basis (k, d, d) of the algebra that preserves forms (m, d, d), m ≥ 1, of any symmetry.

    tolerance   singular values of L ↦ (LᵀJ + JL)_J below it, relative to the largest, count as zero
    A single form of full rank in d dimensions has so(p, q) of its signature, d(d − 1)/2 generators.
    """
    m, d, _ = forms.shape
    units = np.eye(d * d).reshape(d * d, d, d)
    moved = np.einsum("uba,mbc->umac", units, forms) + np.einsum("mab,ubc->umac", forms, units)
    _, values, rows = np.linalg.svd(moved.reshape(d * d, m * d * d).T, full_matrices=True)
    padded = np.concatenate([values, np.zeros(d * d - len(values))])
    return np.asarray(rows[padded <= tolerance * padded[0]].reshape(-1, d, d))
