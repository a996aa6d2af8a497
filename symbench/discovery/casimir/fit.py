"""How `casimir` finds forms, and the algebra that leaves them unchanged."""

from __future__ import annotations

import numpy as np

from symbench.algebra.metric import antisymmetric_basis, symmetric_basis
from symbench.data.event_functions import pair_forms
from symbench.discovery.base import InvariantSample, Symmetry
from symbench.discovery.casimir import kinematic
from symbench.discovery.casimir.method import Casimir, CasimirKinematic
from symbench.discovery.casimir.products import algebra_of_forms, forms_of_search, products
from symbench.discovery.shared.claimed_invariants import claim_of
from symbench.discovery.shared.counted_invariants import count_invariants
from symbench.errors import IncompatibleError


def fit(
    method: Casimir | CasimirKinematic, sample: InvariantSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Search symmetric forms, and antisymmetric ones beside them; the budget scales the number of starts."""
    if isinstance(method, CasimirKinematic):
        return kinematic.fit(method, sample, seed=seed, budget=budget)
    if sample.parts not in method.parts:
        raise IncompatibleError(f"casimir takes events of vectors, not of {sample.parts}")
    x = sample.x
    d, rng = x.shape[2], np.random.Generator(np.random.PCG64([seed, 5]))
    kinds = [symmetric_basis(d)] + ([antisymmetric_basis(d)] if method.forms == "both" and d > 1 else [])
    search = method.search(budget, len(kinds))
    counted = [count_invariants(x, products(basis), search, rng) for basis in kinds]
    forms = forms_of_search(counted, kinds)
    return claim_of(counted, pair_forms(forms, x.shape[1]), algebra_of_forms(forms), {"forms": forms})
