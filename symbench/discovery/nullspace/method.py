"""`nullspace`: fit the label with smooth functions and read the symmetry off the null space of their gradients."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method


@discovery_method("nullspace")
class Nullspace(DiscoveryMethod):
    """Generators L with Σ_p ∇_p f · L x_p = 0: a linear equation, solved by directions of vanishing label spread.

    f is a network fitted to the label, or a polynomial where that predicts held-out labels better (`family`), after the
    monotone map of the label that is predicted best (`shared.label_map`): σ refers to the mapped label. Of a label of
    two values f is the log-odds of the larger one. With another library than `linear` a generator is a vector field
    whose components are sums of the library's functions, by the same equation, count rule and bound: `affine` has 1 and
    the coordinates, `polynomial` also their products, and `kinematic` the 36 products of {1, pT, 1/pT}, {1, sinh η,
    cosh η, tanh η} and {1, sin φ, cos φ} for (pT, η, φ).

    Differences from the reference:

    1. The number of generators is decided on held-out events. The sample is cut into folds; each is held out from the
       networks that are fitted to the others. The k best directions of the other folds are accepted as long as the
       worst direction in their span has, with the stated confidence over folds, a label spread below `bound`, in the
       domain of the central 80 % of events. If no direction passes, the method abstains.
    2. `bound` refers to the meaning of a label spread (`algebra.label_spread`), not to a gap in a spectrum: 0.2 means
       that a displacement of the size of the data changes the label by at most a fifth of its standard deviation, that
       is, accounts for 4 % of its variance. Without a symmetry it is of order 1.
    3. The fit and the verdict are in whitened coordinates: frame, units and basis of the vectors alter neither.
    4. A claim of matrices is an algebra: of the directions that pass, the largest number of best ones that close.
       Directions that the label ignores are split off first (`algebra.trivial`).
    5. If the networks do not predict held-out labels beyond chance, the trial is recorded as not learnt.
    6. Networks are fitted by Levenberg–Marquardt, and events are weighted by how well their gradient is known. Of more
       than 1,250 events each network is fitted to a block, and their units are combined by all (`block_networks`).
    7. Polynomials are tried first, quadratics of the sum of the vectors before those of all components. They take the
       place of the networks if they describe held-out labels by the rule of `polynomial`, and leave less of their
       order. The choice sees held-out losses only.
    8. A label counts up to a monotone map and coordinates up to a chart: both are chosen by the order of held-out
       labels. (pT, η, φ) have two charts, (log pT, η, sin φ, cos φ) and massless momenta; the fields that are claimed
       are in the coordinates of the sample.
    """

    version: ClassVar[str] = "5"
    summary: ClassVar[str] = "null space of the gradients of cross-fitted functions; counts by held-out label spread"
    reference: ClassVar[str] = "Moskalev et al., LieGG, NeurIPS 2022, arXiv:2210.04345"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})
    in_parts: ClassVar[bool] = True
    tested_share: ClassVar[float] = 0.8  # `algebra.label_spread.CENTRAL`

    library: Literal["linear", "affine", "polynomial", "kinematic"] = Field(
        "linear",
        description="functions of the generators: matrices for linear, else vector fields that are sums of functions",
    )
    family: Literal["best", "network"] = Field(
        "best",
        description="functions fitted to the label: networks or polynomials, whichever predicts best, or networks only",
    )
    width: int = Field(128, ge=2, le=2048, description="units of a hidden layer")
    depth: int = Field(2, ge=1, le=8, description="hidden layers, SiLU")
    steps: int = Field(60, ge=1, le=10_000, description="largest number of Levenberg–Marquardt steps of a fit")
    folds: int = Field(5, ge=3, le=50, description="parts of the sample, each held out once")
    networks: int = Field(1, ge=1, le=20, description="networks averaged in each fold")
    bound: float = Field(0.2, gt=0, lt=1, description="label spread σ below which a direction is a symmetry")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="one-sided confidence that σ is below the bound")

    @property
    def vector_coordinates(self) -> Literal["cartesian", "pt_eta_phi"]:
        return "pt_eta_phi" if self.library == "kinematic" else "cartesian"
