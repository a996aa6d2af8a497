"""`score-nullspace`: fit the score of a density and read its linear symmetries off a null space."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method


@discovery_method("score-nullspace")
class ScoreNullspace(DiscoveryMethod):
    """Q tr L + s(z)·Lz = 0 with s = ∇ log p is linear in L; its solutions are the directions of vanishing defect.

    z are all Q vectors of an event, its companions among them; classes have a score each. The left side is the rate at
    which log p changes along the flow of L, the stretching of volume included, so that no boost passes for a rotation.
    Its defect is δ(L)² = E[(Q tr L + s·Lz)²] / E[‖s‖²‖Lz‖²]; that of a dilation of a Gaussian in n dimensions is
    √(2/(n + 2)).

    The score is a sum of gradients of Gaussians at some of the events, and of the quadratic functions, for which score
    matching (Hyvärinen) is a linear equation: width and ridge are those of the lowest objective on a fold that was held
    out. How many directions hold is decided as in `nullspace`: the k best of the other folds, judged on the held-out
    one, have with confidence a defect below `bound`. That is larger than there since a score is known worse than a
    label. It abstains where none passes, and below `least` events: a density of which little is known looks like a
    Gaussian, which has all the rotations of its covariance.

    Events on a curved surface, as four-momenta of one mass, have a score that is as steep as the features allow: of the
    recorded dimuons' azimuth it claims nothing at 400 events (best defect 0.3). States and their successors that obey
    a linear relation, as bodies whose centre of mass moves evenly, have no score at all and are refused.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "null space of a fitted score, trace included; counts by held-out defects; abstains"
    reference: ClassVar[str] = "score matching: Hyvärinen, J. Mach. Learn. Res. 6 (2005) 695"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DISTRIBUTION})

    centres: int = Field(150, ge=1, le=2_000, description="Gaussians, at events drawn at random")
    folds: int = Field(5, ge=3, le=50, description="parts of the sample, each held out once")
    bound: float = Field(0.15, gt=0, lt=1, description="relative defect below which a direction is a symmetry")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="confidence that it is below, one-sided")
    least: int = Field(200, ge=20, description="events, of each class, below which nothing is claimed")
    most: int = Field(4_000, ge=20, description="events of each class that are used")
