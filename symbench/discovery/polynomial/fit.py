"""How `polynomial` proceeds: cross-fitted polynomials and a claim from their gradients at the events."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.shared.cross_fit_polynomials import claim_from_polynomials
from symbench.discovery.shared.designs import polynomial_designs
from symbench.discovery.shared.polynomials import fit_polynomial

if TYPE_CHECKING:
    from symbench.discovery.polynomial.method import Polynomial


def fit(method: Polynomial, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """The claim, in the coordinates of the sample; budget and device have no effect, since nothing is iterated.

    Raises IncompatibleError for labels of three classes or more.
    """
    limits = {"degree": method.degree, "most_terms": method.most_terms}
    fitter, designs = partial(fit_polynomial, **limits), partial(polynomial_designs, **limits)
    return claim_from_polynomials(method, sample, fitter, designs, seed=seed, anywhere=False)
