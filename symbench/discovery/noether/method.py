"""`noether`: conserved quantities as the null space of ẋ·∇ on a library, and the generators that belong to them."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method


@discovery_method("noether")
class Noether(DiscoveryMethod):
    """F = Σ cⱼ θⱼ(x) is conserved where dF/dt = Σ cⱼ ∇θⱼ·ẋ = {F, H} = 0: linear in c, solved on the data.

    Directions are ranked by their relative defect δ² = E[(∇F·ẋ)²/‖ẋ‖²] / E[‖∇F‖²], and counted on orbits that a fit
    has not seen: the sample is cut into folds, and the k best directions of the other folds are accepted as long as,
    with the stated confidence over folds, the worst of their span has a defect below `bound`, and a share below
    `bound` of its spread within an orbit. The second is what conserved means, the first keeps a slow drift from passing
    on short orbits. Where none passes, the method abstains.

    A library contains every polynomial of what it can express: E, E², … are one quantity. Of rising degrees the first
    is claimed beyond which the functional rank (of the gradients) does not rise.

    Where states are (q, p), each quantity F gives the vector field J∇F, its symmetry by Noether's theorem; for a
    quadratic F that is a matrix. Poisson brackets of conserved quantities are conserved: `bracket_defect` says how
    far they are from being functions of those found.

    What the library cannot express is not found: a polynomial has no 1/|q|.
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
    confidence: float = Field(0.95, ge=0.5, lt=1, description="confidence that both are below, one-sided")
    max_states: int = Field(20_000, ge=100, description="states of the sample that are used, evenly along each orbit")
