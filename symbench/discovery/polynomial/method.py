"""`polynomial`: `nullspace` with a polynomial in place of the network; a baseline."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method


@discovery_method("polynomial")
class Polynomial(DiscoveryMethod):
    """Generators L with Σ_p ∇_p f · L x_p = 0, f a polynomial of all components of an event.

    Its degree and the penalty on its coefficients are those of the smallest leave-one-out error. Directions are
    proposed and judged as for `nullspace`. A polynomial of too low a degree has symmetries that the label does not
    have, so that the method abstains, as not learnt, by the rule of `quadratic`.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "null space of the gradient of a polynomial fitted by least squares"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    degree: int = Field(6, ge=1, le=12, description="highest degree that is tried")
    most_terms: int = Field(1_500, ge=10, le=10_000, description="largest number of monomials that is tried")
    folds: int = Field(5, ge=3, le=50, description="parts of the sample, each held out once")
    exact: float = Field(
        0.05, gt=0, lt=1, description="spread of held-out errors, in spreads of the label, below which a fit is exact"
    )
    largest: float = Field(
        0.3, gt=0, lt=1, description="largest spread of held-out errors, if they are noise, at which a fit describes"
    )
    bound: float = Field(0.2, gt=0, lt=10, description="label spread σ below which a direction is a symmetry")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="one-sided confidence that it is below the bound")
