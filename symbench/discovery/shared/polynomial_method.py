"""The parameters that `quadratic` and `polynomial` share: when a fit describes a label, and when a direction passes."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod

EXACT = 0.05
"""Spread of held-out errors, in spreads of the label, below which a fit is exact."""

LARGEST = 0.3
"""Largest spread of held-out errors, if they are noise, at which a fit describes a label."""

DEGREE, MOST_TERMS = 6, 1_500
"""The highest degree and the largest number of monomials that are tried."""


class PolynomialMethod(DiscoveryMethod):
    """A method that claims from cross-fitted polynomials (`shared.cross_fit_polynomials`)."""

    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})
    in_parts: ClassVar[bool] = True
    tested_share: ClassVar[float] = 0.8  # `algebra.label_spread.CENTRAL`

    folds: int = Field(5, ge=3, le=50, description="parts of the sample, each held out once")
    exact: float = Field(
        EXACT, gt=0, lt=1, description="spread of held-out errors, in spreads of the label, below which a fit is exact"
    )
    largest: float = Field(
        LARGEST,
        gt=0,
        lt=1,
        description="largest spread of held-out errors, if they are noise, at which a fit describes",
    )
    bound: float = Field(0.2, gt=0, lt=10, description="label spread σ below which a direction is a symmetry")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="one-sided confidence that it is below the bound")
