"""How `quadratic` proceeds: cross-fitted quadratics, random points at which they are known, a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.shared.cross_fit_polynomials import claim_from_polynomials
from symbench.discovery.shared.designs import PolynomialFamilies, quadratic_designs
from symbench.discovery.shared.polynomials import fit_quadratic

if TYPE_CHECKING:
    from symbench.discovery.quadratic.method import Quadratic


def fit(method: Quadratic, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """The claim, in the coordinates of the sample; budget and device have no effect, since nothing is iterated.

    Raises IncompatibleError for labels of three classes or more.
    """
    families = PolynomialFamilies(fit_quadratic, quadratic_designs)
    return claim_from_polynomials(method, sample, families, seed=seed, anywhere=True)
