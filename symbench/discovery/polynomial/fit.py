"""How `polynomial` proceeds: cross-fitted polynomials and a claim from their gradients at the events."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.shared.cross_fit_polynomials import claim_from_polynomials
from symbench.discovery.shared.designs import PolynomialFamilies, polynomial_designs
from symbench.discovery.shared.polynomials import fit_polynomial

if TYPE_CHECKING:
    from symbench.discovery.polynomial.method import Polynomial


def fit(method: Polynomial, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """The claim, in the coordinates of the sample; budget and device have no effect, since nothing is iterated.

    Raises IncompatibleError for labels of three classes or more.
    """
    families = PolynomialFamilies(
        partial(fit_polynomial, degree=method.degree, most_terms=method.most_terms),
        partial(polynomial_designs, degree=method.degree, most_terms=method.most_terms),
    )
    return claim_from_polynomials(method, sample, families, seed=seed, anywhere=False)
