"""How `casimir` finds forms, and the algebra that leaves them unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.metric import antisymmetric_basis, signed, symmetric_basis
from symbench.algebra.stabiliser import stabiliser
from symbench.data.event_functions import pair_forms
from symbench.discovery.base import InvariantSample, Symmetry
from symbench.discovery.shared.claimed_invariants import claim_of
from symbench.discovery.shared.counted_invariants import Features, count_invariants
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.casimir.method import Casimir

FloatArray = npt.NDArray[np.float64]

_NOISE = 0.1  # of several forms: singular values of the map that their common algebra annihilates


def fit(method: Casimir, sample: InvariantSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Search symmetric forms, and antisymmetric ones beside them; the budget scales the number of starts."""
    if sample.parts not in method.parts:
        raise IncompatibleError(f"casimir takes events of vectors, not of {sample.parts}")
    x = sample.x
    d, rng = x.shape[2], np.random.Generator(np.random.PCG64([seed, 5]))
    kinds = [symmetric_basis(d)] + ([antisymmetric_basis(d)] if method.forms == "both" and d > 1 else [])
    search = method.search(budget, len(kinds))
    counted = [count_invariants(x, products(basis), search, rng) for basis in kinds]
    forms = np.concatenate(
        [
            np.einsum("km,mab->kab", found.coefficients, basis)
            for found, basis in zip(counted, kinds, strict=True)
            if found is not None
        ]
        or [np.zeros((0, d, d))]
    )
    forms = np.array([signed(form / np.linalg.norm(form)) for form in forms]).reshape(-1, d, d)
    generators = _algebra(forms)
    return claim_of(counted, pair_forms(forms, x.shape[1]), generators, {"forms": forms})


def _algebra(forms: FloatArray) -> FloatArray:
    """The algebra of forms (k, d, d): exactly that of one form; of several, what all keep up to their noise."""
    if not len(forms):
        return np.zeros((0, *forms.shape[1:]))
    return stabiliser(forms) if len(forms) == 1 else stabiliser(forms, _NOISE)


def products(basis: FloatArray) -> Features:
    """Features Σ_{p<q} x_pᵀ B x_q of a basis of forms B (m, d, d): events (N, P, d) → (N, m)."""
    m, d, _ = basis.shape

    def features(x: FloatArray) -> FloatArray:
        later = np.cumsum(x[:, ::-1], axis=1)[:, ::-1] - x  # sums of the vectors behind each
        outer = np.einsum("npi,npj->nij", x, later).reshape(len(x), d * d)
        return np.asarray(outer @ basis.reshape(m, d * d).T)

    return features
