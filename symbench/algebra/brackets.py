"""Commutators of matrices: closure of a span, structure constants, Killing form."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.algebra.subspace import orthonormal_generators

FloatArray = npt.NDArray[np.float64]


def bracket(a: FloatArray, b: FloatArray) -> FloatArray:
    """The commutator [a, b] = ab − ba of matrices (…, d, d)."""
    return np.asarray(a @ b - b @ a)


def brackets(basis: FloatArray) -> FloatArray:
    """All commutators [Lᵢ, Lⱼ] of a basis (k, d, d): shape (k, k, d, d)."""
    return bracket(basis[:, None], basis[None, :])


def structure_constants(generators: FloatArray) -> FloatArray:
    """c with [Lᵢ, Lⱼ] = Σₗ cᵢⱼₗ Lₗ, in the least-squares sense if the span does not close: shape (k, k, k).

    generators (k, d, d), linearly independent.
    """
    k = len(generators)
    if k == 0:
        return np.zeros((0, 0, 0))
    flat = generators.reshape(k, -1)
    return np.asarray(brackets(generators).reshape(k, k, -1) @ np.linalg.pinv(flat))


def closure_residual(generators: FloatArray) -> float:
    """How far the span is from closing under the bracket, in [0, 1]: 0 for an algebra, √(1 − k/d²) by chance.

    √(Σ ‖[Lᵢ, Lⱼ] − Π[Lᵢ, Lⱼ]‖² / Σ ‖[Lᵢ, Lⱼ]‖²) over pairs of a Frobenius-orthonormal basis: the quadratic mean
    over pairs weighted by the length of the bracket, which does not depend on the basis. 0 if all elements commute.
    """
    basis = orthonormal_generators(generators)
    k = len(basis)
    if k < 2:
        return 0.0
    pairs = brackets(basis).reshape(k * k, -1)
    total = float(np.sum(pairs**2))
    if total < 1e-20:
        return 0.0
    flat = basis.reshape(k, -1)
    outside = pairs - (pairs @ flat.T) @ flat
    return float(np.sqrt(np.sum(outside**2) / total))


def jacobi_residual(constants: FloatArray) -> float:
    """‖Jacobi identity‖/‖c‖² of structure constants (k, k, k): 0 for a Lie algebra."""
    nested = np.einsum("ijm,mkl->ijkl", constants, constants)
    cyclic = nested + nested.transpose(1, 2, 0, 3) + nested.transpose(2, 0, 1, 3)
    size = float(np.sum(constants**2))
    return float(np.linalg.norm(cyclic)) / size if size > 0 else 0.0


def killing_form(constants: FloatArray) -> FloatArray:
    """K(Lᵢ, Lⱼ) = tr(ad Lᵢ ad Lⱼ) = Σ cᵢₐᵦ cⱼᵦₐ from structure constants (k, k, k): shape (k, k)."""
    return np.asarray(np.einsum("iab,jba->ij", constants, constants, optimize=True))
