"""How `casimir-kinematic` proceeds: forms of massless momenta, and the fields that leave them unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.metric import symmetric_basis
from symbench.data.event_functions import pair_forms
from symbench.data.samples import ConservedQuantities, VectorFields
from symbench.discovery.base import InvariantSample, Symmetry
from symbench.discovery.casimir.products import algebra_of_forms, forms_of_search, products
from symbench.discovery.shared.charts import CHARTS
from symbench.discovery.shared.claimed_invariants import claim_of
from symbench.discovery.shared.counted_invariants import count_invariants
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.casimir.method import CasimirKinematic

FloatArray = npt.NDArray[np.float64]

MOMENTA = CHARTS["pt_eta_phi"][1]
"""(|p|, px, py, pz)."""


def fit(method: CasimirKinematic, sample: InvariantSample, *, seed: int, budget: float) -> Symmetry:
    """Search symmetric forms of two momenta; raises IncompatibleError unless vectors are (pT, η, φ)."""
    x = sample.x
    if sample.parts not in method.parts or x.shape[2] != 3 or not (x[..., 0] > 0).all():
        raise IncompatibleError("casimir-kinematic needs vectors (pT, η, φ) with pT > 0")
    basis = symmetric_basis(4)
    inner = products(basis)
    rng = np.random.Generator(np.random.PCG64([seed, 10]))
    counted = count_invariants(x, lambda events: inner(MOMENTA.inputs(events)), method.search(budget), rng)
    forms = forms_of_search([counted], [basis])
    functions = _functions(forms, x.shape[1], x.reshape(-1, 3).std(axis=0))
    found = claim_of([counted], functions, np.zeros((0, 3, 3)), {"forms_of_momenta": forms})
    generators = algebra_of_forms(forms)
    return Symmetry(**{**vars(found), "fields": fields_of(generators) if len(generators) else None})


def fields_of(generators: FloatArray) -> VectorFields:
    """Matrices (k, 4, 4) that act on (|p|, px, py, pz) as fields on (pT, η, φ), x (N, P, 3) → (k, N, P, 3).

    What they do to |p| is left out: it follows from the rest for generators that keep particles massless, and only for
    these is a field the matrix.
    """

    def fields(x: FloatArray) -> FloatArray:
        p = MOMENTA.inputs(x)
        change = np.einsum("kij,npj->knpi", generators, p)
        pt, (_, px, py, pz) = x[..., 0], np.moveaxis(p, 2, 0)
        along = (px * change[..., 1] + py * change[..., 2]) / pt
        around = (px * change[..., 2] - py * change[..., 1]) / pt**2
        slope = (change[..., 3] - pz / pt * along) / p[..., 0]  # pz = pT sinh η, |p| = pT cosh η
        return np.stack([along, slope, around], axis=-1)

    return fields


def _functions(forms: FloatArray, parts: int, size: FloatArray) -> ConservedQuantities:
    """The functions of forms (k, 4, 4) of momenta, of P = `parts` vectors with components of spread `size` (3,)."""
    k, inner = len(forms), pair_forms(forms, parts)

    def momenta(states: FloatArray) -> FloatArray:
        return MOMENTA.inputs(states.reshape(-1, parts, 3)).reshape(len(states), -1)

    def gradients(states: FloatArray) -> FloatArray:
        of_momenta = inner.gradients(momenta(states)).reshape(len(states), k, parts, 4).swapaxes(0, 1)
        along = MOMENTA.pulled_back(of_momenta, states.reshape(-1, parts, 3), np.diag(size)) / size
        return np.asarray(along.swapaxes(0, 1).reshape(len(states), k, parts * 3))

    return ConservedQuantities(k, lambda states: inner.values(momenta(states)), gradients)
