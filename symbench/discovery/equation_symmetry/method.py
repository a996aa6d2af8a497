"""`equation-symmetry`: linear symmetries of an equation of motion, from states and velocities."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod, FlowClaim
from symbench.registry import discovery_method


@discovery_method("equation-symmetry")
class EquationSymmetry(DiscoveryMethod):
    """Matrices L with DF(x) L x = L F(x) for a polynomial F that is fitted to velocities by least squares.

    All rules see the same fit and propose the same directions: the right singular vectors of L ↦ [F, L x] over a box
    (`algebra.polynomial_fields`), by rising relative defect δ. They differ in how many of them are claimed:

    fixed       those with δ below `tolerance`
    eigengap    those before the largest ratio of successive δ; always one at least
    rank        the largest number that a test of rank does not reject (Kleibergen, Paap, J. Econometrics 133 (2006) 97)
    split       proposed by one half of the sample; an equivalence test of each on the other half: δ is below
                `tolerance` with confidence
    weyl        δ plus the largest norm of the error of the whole map over the confidence ellipsoid of F is below it
    ellipsoid   the largest δ over the confidence ellipsoid of F is below it (exact for one direction, an upper bound
                for the span of several): in the manner of SymCert (2026)
    held-out    the rule of `nullspace` (`shared.judge`): fits to all folds but one propose, that of another fold
                judges; what is claimed closes as an algebra

    The fit assumes that F is a polynomial of at most `degree`, with independent normal errors of one size.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "linear symmetries of a fitted polynomial equation of motion; seven counting rules"
    reference: ClassVar[str] = "in the manner of SymCert (2026); Otto et al., JMLR 26 (2025)"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS})
    of_flows: ClassVar[frozenset[FlowClaim]] = frozenset({"generators"})

    rule: Literal["fixed", "eigengap", "rank", "split", "weyl", "ellipsoid", "held-out"] = Field(
        "held-out", description="how many directions are claimed"
    )
    degree: int = Field(3, ge=1, le=6, description="largest degree of the polynomials")
    tolerance: float = Field(0.05, gt=0, lt=1, description="relative defect below which a direction is a symmetry")
    level: float = Field(0.05, gt=0, lt=0.5, description="error probability of tests and of the confidence ellipsoid")
    half_width: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="claims refer to |xᵢ| up to this number, in the unit of the states; by default to their range",
    )
    folds: int = Field(5, ge=3, le=50, description="parts of the sample, for the rule held-out")
