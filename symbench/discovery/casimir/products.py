"""The products of the components of two vectors, the forms that are sums of them, and the algebra of these."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from symbench.algebra.metric import signed
from symbench.algebra.stabiliser import stabiliser
from symbench.discovery.shared.counted_invariants import Counted, Features

FloatArray = npt.NDArray[np.float64]

_NOISE = 0.1  # of several forms: singular values of the map that their common algebra annihilates


def products(basis: FloatArray) -> Features:
    """Features Σ_{p<q} x_pᵀ B x_q of a basis of forms B (m, d, d): events (N, P, d) → (N, m)."""
    m, d, _ = basis.shape

    def features(x: FloatArray) -> FloatArray:
        later = np.cumsum(x[:, ::-1], axis=1)[:, ::-1] - x  # sums of the vectors behind each
        outer = np.einsum("npi,npj->nij", x, later).reshape(len(x), d * d)
        return np.asarray(outer @ basis.reshape(m, d * d).T)

    return features


def forms_of_search(counted: Sequence[Counted | None], kinds: Sequence[FloatArray]) -> FloatArray:
    """The claimed forms (k, d, d), of norm 1, of a search among each kind, a basis (m, d, d)."""
    d = kinds[0].shape[1]
    forms = np.concatenate(
        [
            np.einsum("km,mab->kab", found.coefficients, basis)
            for found, basis in zip(counted, kinds, strict=True)
            if found is not None
        ]
        or [np.zeros((0, d, d))]
    )
    return np.array([signed(form / np.linalg.norm(form)) for form in forms]).reshape(-1, d, d)


def algebra_of_forms(forms: FloatArray) -> FloatArray:
    """The algebra of forms (k, d, d): exactly that of one form; of several, what all keep up to their noise."""
    if not len(forms):
        return np.zeros((0, *forms.shape[1:]))
    return stabiliser(forms) if len(forms) == 1 else stabiliser(forms, _NOISE)
