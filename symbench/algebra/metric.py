"""The bilinear forms J that an algebra preserves, LᵀJ + JL = 0: metric tensors, and antisymmetric ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.algebra.bases import minkowski
from symbench.algebra.brackets import closure_residual
from symbench.algebra.subspace import orthonormal_generators

FloatArray = npt.NDArray[np.float64]


def symmetric_basis(d: int) -> FloatArray:
    """A Frobenius-orthonormal basis of the symmetric d × d matrices: shape (d(d+1)/2, d, d)."""
    rows, columns = np.triu_indices(d)
    basis = np.zeros((len(rows), d, d))
    for m, (i, j) in enumerate(zip(rows, columns, strict=True)):
        basis[m, i, j] = basis[m, j, i] = 1.0 if i == j else np.sqrt(0.5)
    return basis


def antisymmetric_basis(d: int) -> FloatArray:
    """A Frobenius-orthonormal basis of the antisymmetric d × d matrices: shape (d(d−1)/2, d, d)."""
    rows, columns = np.triu_indices(d, 1)
    basis = np.zeros((len(rows), d, d))
    for m, (i, j) in enumerate(zip(rows, columns, strict=True)):
        basis[m, i, j], basis[m, j, i] = np.sqrt(0.5), -np.sqrt(0.5)
    return basis


@dataclass(frozen=True)
class InvariantForms:
    """The bilinear forms J that generators preserve.

    forms       (m, d, d) orthonormal, symmetric or antisymmetric; m = 0 if no form is preserved
    spectrum    all stationary values of √(Σᵢ‖LᵢᵀJ + JLᵢ‖²/k), rising, for unit Lᵢ and J: m of them are below the
                tolerance
    """

    forms: FloatArray
    spectrum: FloatArray

    def cosine(self, form: FloatArray) -> float:
        """‖projection of a form (d, d) on the span of the forms‖/‖form‖: 1 for a preserved form; 0 without forms."""
        inside = np.einsum("mab,ab->m", self.forms, form)
        return float(np.linalg.norm(inside) / np.linalg.norm(form))

    def sample(self, seed: int = 0) -> FloatArray:
        """A generic preserved form (d, d) of norm 1, which has the largest possible rank; zeros if there is none."""
        weights = np.random.Generator(np.random.PCG64(seed)).standard_normal(len(self.forms))
        total = np.asarray(np.einsum("m,mab->ab", weights, self.forms))
        return total / np.linalg.norm(total) if len(self.forms) else total


def invariant_forms(
    generators: FloatArray, *, antisymmetric: bool = False, tolerance: float | None = None
) -> InvariantForms:
    """The bilinear forms that the span of generators (k, d, d), k ≥ 0, preserves, independent of its basis.

    tolerance   by default twice the closure residual, between 1e-6 and 0.25; 0.05 for a single generator, whose noise
                does not show in the residual. A tolerance that is known from samples is better

    The best preserved form comes first.
    """
    basis = orthonormal_generators(generators)
    d = generators.shape[-1]
    space = antisymmetric_basis(d) if antisymmetric else symmetric_basis(d)
    if not len(basis) or not len(space):
        return InvariantForms(space, np.zeros(len(space)))
    if tolerance is None:
        # A single generator always closes, so that its noise does not show.
        tolerance = float(np.clip(2 * closure_residual(basis), 1e-6, 0.25)) if len(basis) > 1 else 0.05
    spectrum, stationary = _stationary(basis, space, len(basis))
    forms = stationary[spectrum < tolerance]
    return InvariantForms(np.array([signed(form) for form in forms]).reshape(forms.shape), spectrum)


def _stationary(generators: FloatArray, space: FloatArray, weight: float) -> tuple[FloatArray, FloatArray]:
    """Stationary values of √(Σᵢ‖LᵢᵀJ + JLᵢ‖²/weight) for J of norm 1 in the space, rising, and their J (m, d, d)."""
    values, vectors = np.linalg.eigh(_violation(generators, space) / weight)
    return np.sqrt(np.clip(values, 0.0, None)), np.einsum("mn,mab->nab", vectors, space)


def _violation(generators: FloatArray, space: FloatArray) -> FloatArray:
    """The quadratic form Σᵢ ‖LᵢᵀJ + JLᵢ‖² in coordinates of a basis (m, d, d) of forms: shape (m, m)."""
    k, m = len(generators), len(space)
    moved = np.swapaxes(generators, 1, 2)[:, None] @ space + space @ generators[:, None]
    rows = moved.transpose(1, 0, 2, 3).reshape(m, k * generators.shape[-1] ** 2)
    return np.asarray(rows @ rows.T)


def invariant_metric(generators: FloatArray) -> FloatArray:
    """The symmetric J (d, d), ‖J‖_F = 1, that minimises Σᵢ ‖LᵢᵀJ + JLᵢ‖² (arXiv:2302.00236, section 4.3).

    generators (k, d, d), k ≥ 1, are weighted by their lengths. The first diagonal entry that is not zero is positive.
    """
    if not len(generators):
        raise ValueError("there are no generators: every metric is preserved")
    _, forms = _stationary(generators, symmetric_basis(generators.shape[-1]), 1.0)
    return signed(forms[0])


def metric_spectrum(generators: FloatArray) -> FloatArray:
    """All d(d+1)/2 stationary values of √(Σᵢ‖LᵢᵀJ + JLᵢ‖²/Σᵢ‖Lᵢ‖²) for ‖J‖ = 1, rising: first `invariant_metric`'s.

    generators (k, d, d), not all of them zero, are weighted by their lengths.
    """
    weight = float(np.sum(generators**2))
    if not weight:
        raise ValueError("all generators are zero: every metric is preserved")
    return _stationary(generators, symmetric_basis(generators.shape[-1]), weight)[0]


def signed(metric: FloatArray) -> FloatArray:
    diagonal = np.diag(metric)
    significant = diagonal[np.abs(diagonal) > 1e-6]
    return -metric if len(significant) and significant[0] < 0 else metric


def signature(form: FloatArray, tolerance: float = 1e-6) -> tuple[int, int, int]:
    """Numbers of positive, negative and vanishing eigenvalues of a symmetric form.

    Eigenvalues below `tolerance` times the largest absolute one count as vanishing.
    """
    if not len(form):
        return (0, 0, 0)
    values = np.linalg.eigvalsh((form + form.T) / 2)
    bound = tolerance * float(np.max(np.abs(values)))
    positive, negative = int(np.sum(values > bound)), int(np.sum(values < -bound))
    return (positive, negative, len(values) - positive - negative)


def minkowski_cosine(metric: FloatArray) -> float:
    """|⟨J, η⟩| / (‖J‖ ‖η‖) with η = diag(1, −1, …, −1): 1 if J is the Minkowski metric up to a factor."""
    d = len(metric)
    eta = minkowski(1, d - 1)
    return float(abs(np.sum(metric * eta)) / (np.linalg.norm(metric) * np.sqrt(d)))
