"""`noether`: conserved quantities as the null space of ẋ·∇ on a library, and their generators."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method


@discovery_method("noether")
class Noether(DiscoveryMethod):
    """Quantities F = Σ cⱼ θⱼ(x) with dF/dt = Σ cⱼ ∇θⱼ·ẋ = {F, H} = 0: an equation that is linear in c.

    Directions c are ranked by their relative defect δ² = E[(∇F·ẋ)²/‖ẋ‖²] / E[‖∇F‖²]. Their number is decided on
    held-out orbits: the sample is cut into folds, and the k best directions of the other folds are accepted as long as,
    with the stated confidence over folds, the worst direction in their span has both a defect and a share of its
    variance within orbits below `bound`. The second criterion is conservation; the first excludes slow drifts on short
    orbits. If no direction passes, the method abstains.

    A library contains the polynomials of a quantity too: E, E², … are one quantity. Of libraries of rising degree the
    method claims the first at which the functional rank, that of the gradients, stops rising. It cannot find what the
    library cannot express: a polynomial has no 1/|q|.

    For states (q, p) each F has the vector field J∇F, its symmetry by Noether's theorem: a matrix if F is quadratic.
    Poisson brackets of conserved quantities are conserved: `bracket_defect` is how far they are from functions of the
    claimed quantities.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = (
        "null space of the time derivative on a library of functions; generators by Poisson brackets"
    )
    reference: ClassVar[str] = "Kaiser, Kutz, Brunton, arXiv:1811.00961"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS})

    degree: int = Field(3, ge=1, le=8, description="largest degree of the library's monomials")
    library: Literal["polynomial", "trigonometric", "radial"] = Field(
        "polynomial",
        description="monomials of the coordinates; of q's sines and cosines and p (angles); or of q, p and 1/|q|",
    )
    folds: int = Field(5, ge=3, le=50, description="parts of the sample, each held out once")
    bound: float = Field(0.05, gt=0, lt=1, description="relative defect and drift below which F is conserved")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="one-sided confidence that both are below the bound")
    max_states: int = Field(
        20_000, ge=100, description="largest number of states that are used, evenly spaced along each orbit"
    )
