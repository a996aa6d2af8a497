"""`polynomial`: `nullspace` with a polynomial in place of the network; a baseline."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.discovery.shared.polynomial_method import DEGREE, MOST_TERMS, PolynomialMethod
from symbench.registry import discovery_method


@discovery_method("polynomial")
class Polynomial(PolynomialMethod):
    """Generators L with Σ_p ∇_p f · L x_p = 0, f a polynomial of all components of an event.

    The label is fitted after the monotone map of which left-out labels are predicted best, as for `quadratic`.
    Its degree and the penalty on its coefficients are those of the smallest leave-one-out error. Directions are
    proposed and judged as for `nullspace`. A polynomial of too low a degree has symmetries that the label does not
    have, so that the method abstains, as not learnt, by the rule of `quadratic`.
    """

    version: ClassVar[str] = "3"
    summary: ClassVar[str] = "null space of the gradient of a polynomial fitted by least squares"

    degree: int = Field(DEGREE, ge=1, le=12, description="highest degree that is tried")
    most_terms: int = Field(MOST_TERMS, ge=10, le=10_000, description="largest number of monomials that is tried")
