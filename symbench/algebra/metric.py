"""The metric tensor that an algebra preserves: LᵀJ + JL = 0."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.algebra.bases import minkowski

FloatArray = npt.NDArray[np.float64]


def symmetric_basis(d: int) -> FloatArray:
    """A Frobenius-orthonormal basis of the symmetric d × d matrices: shape (d(d+1)/2, d, d)."""
    rows, columns = np.triu_indices(d)
    basis = np.zeros((len(rows), d, d))
    for m, (i, j) in enumerate(zip(rows, columns, strict=True)):
        basis[m, i, j] = basis[m, j, i] = 1.0 if i == j else np.sqrt(0.5)
    return basis


def invariant_metric(generators: FloatArray) -> FloatArray:
    """The symmetric J (d, d), ‖J‖_F = 1, that minimises Σᵢ ‖LᵢᵀJ + JLᵢ‖² (arXiv:2302.00236, section 4.3).

    generators (k, d, d), k ≥ 1, in the length they have. The sign is fixed by J₀₀ ≥ 0, or by the first diagonal
    entry that is not zero.
    """
    if not len(generators):
        raise ValueError("no generators: every metric is preserved")
    basis = symmetric_basis(generators.shape[-1])
    moved = np.einsum("kba,mbc->kmac", generators, basis) + np.einsum("mab,kbc->kmac", basis, generators)
    gram = np.einsum("kmac,knac->mn", moved, moved)
    _, vectors = np.linalg.eigh(gram)
    metric = np.asarray(np.einsum("m,mab->ab", vectors[:, 0], basis))
    diagonal = np.diag(metric)
    significant = diagonal[np.abs(diagonal) > 1e-6]
    return -metric if len(significant) and significant[0] < 0 else metric


def signature(form: FloatArray, tolerance: float = 1e-6) -> tuple[int, int, int]:
    """Numbers of positive, negative and vanishing eigenvalues of a symmetric form.

    An eigenvalue below `tolerance` times the largest absolute one vanishes.
    """
    if not len(form):
        return (0, 0, 0)
    values = np.linalg.eigvalsh((form + form.T) / 2)
    bound = tolerance * float(np.max(np.abs(values)))
    positive, negative = int(np.sum(values > bound)), int(np.sum(values < -bound))
    return (positive, negative, len(values) - positive - negative)


def minkowski_cosine(metric: FloatArray) -> float:
    """|⟨J, η⟩| / (‖J‖ ‖η‖) with η = diag(1, −1, …, −1): 1 where J is the Minkowski metric up to scale."""
    d = len(metric)
    eta = minkowski(1, d - 1)
    return float(abs(np.sum(metric * eta)) / (np.linalg.norm(metric) * np.sqrt(d)))
