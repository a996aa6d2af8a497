"""`score-nullspace`: linear symmetries of a density as the null space of a fitted score."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method


@discovery_method("score-nullspace")
class ScoreNullspace(DiscoveryMethod):
    """Generators L with Q tr L + s(z)·Lz = 0, s = ∇ log p: a linear equation, solved by directions of vanishing defect.

    z are all Q vectors of an event, with its companions; each class has a score of its own. The left side is the rate
    at which log p changes along the flow of L, including the change of volume. Its relative defect is
    δ(L)² = E[(Q tr L + s·Lz)²] / E[‖s‖²‖Lz‖²].

    The score is a sum of gradients of Gaussians at some of the events and of quadratic functions, for which score
    matching is a linear equation; width and ridge have the lowest objective on a held-out fold. The number of
    directions is decided as in `nullspace`, with a larger `bound` since a score is known less accurately than a label.
    The method abstains if no direction passes, and below `least` events per class: a poorly known density looks like a
    Gaussian, which has all rotations of its covariance.

    Data on a lower-dimensional surface have no density and are refused, or claim nothing; see docs/methods.md.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "null space of a fitted score, trace included; counts by held-out defects; abstains"
    reference: ClassVar[str] = "score matching: Hyvärinen, J. Mach. Learn. Res. 6 (2005) 695"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DISTRIBUTION})

    centres: int = Field(150, ge=1, le=2_000, description="Gaussians, at events drawn at random")
    folds: int = Field(5, ge=3, le=50, description="parts of the sample, each held out once")
    bound: float = Field(0.15, gt=0, lt=1, description="relative defect below which a direction is a symmetry")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="one-sided confidence that the defect is below the bound")
    least: int = Field(200, ge=20, description="least number of events per class for a claim")
    most: int = Field(4_000, ge=20, description="largest number of events per class that are used")
