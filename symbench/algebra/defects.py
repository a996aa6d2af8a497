"""The relative defect of a generator: how much it changes a function, to first order.

δ(L)² = E[(Σ_p ∇_p f · L x_p)²] / E[‖∇f‖² Σ_p ‖L x_p‖²] is in [0, 1]: the change of f along L relative to the largest
change by a displacement of that length. Both are quadratic forms in L.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def quadratic_forms(
    gradients: FloatArray, x: FloatArray, weights: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """A and B, (d², d²) each, with δ(L)² = vec(L)ᵀ A vec(L) / vec(L)ᵀ B vec(L), vec row by row.

    gradients   ∇_p f (N, P, d)
    x           (N, P, d), or m functions of the vectors (N, P, m): L is then (d, m) and the forms have d·m dimensions
    weights     (N,) of the events, 1 by default
    """
    n, _, d = gradients.shape
    w = np.ones(n) if weights is None else weights
    rows = np.einsum("npi,npj->nij", gradients, x).reshape(n, d * x.shape[2])
    change = (rows * w[:, None]).T @ rows / n
    moment = np.einsum("n,npi,npj->ij", w * np.sum(gradients**2, axis=(1, 2)), x, x) / n
    return np.asarray(change), np.kron(np.eye(d), moment)


def relative_defects(generators: FloatArray, gradients: FloatArray, x: FloatArray) -> FloatArray:
    """δ of each generator (k, d, d): shape (k,), in [0, 1]; 1 for a generator that moves nothing where f changes."""
    change, largest = quadratic_forms(gradients, x)
    flat = generators.reshape(len(generators), x.shape[2] ** 2)
    numerator = np.einsum("ka,ab,kb->k", flat, change, flat)
    denominator = np.einsum("ka,ab,kb->k", flat, largest, flat)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(denominator > 0, numerator / denominator, 1.0)
    return np.asarray(np.sqrt(np.clip(ratio, 0.0, 1.0)))


def defect_spectrum(change: FloatArray, largest: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Stationary ratios (d²,), rising, and their directions as columns (d², d²), from two quadratic forms.

    The generalised eigenproblem A v = ρ B v, with vᵀ B v = 1; ρ is δ² of the forms above, σ² of those of
    `label_spread`. B must be positive definite.
    """
    from scipy.linalg import eigh

    values, vectors = eigh(change, largest)
    return np.maximum(values, 0.0), np.asarray(vectors)
