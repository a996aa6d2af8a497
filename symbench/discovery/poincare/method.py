"""AI Poincaré: `poincare-1` counts quantities by the shape of a trajectory, `poincare-2` fits them to the flow."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.discovery.shared.partners import PartsMethod
from symbench.registry import discovery_method


class _Flow(DiscoveryMethod):
    """Networks Hᵢ that minimise mean |f̂·∇Ĥᵢ|² + λ Σ_{i<j} ⟨∇Ĥᵢ, ∇Ĥⱼ⟩², hats for unit length, in the frame of the data.

    Differences from the reference: 96 units in two layers instead of 256 (400 in the authors' code, which for Kepler's
    problem and three bodies adds a network of the distances), and 2,500 steps of Adam at a rate that falls from 2e-3 to
    0; half a minute on one core.
    """

    reference: ClassVar[str] = "Liu, Madhavan, Tegmark, AI Poincaré 2.0, arXiv:2203.12610"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS})

    width: int = Field(96, ge=2, le=2048, description="units of a hidden layer (published: 256)")
    depth: int = Field(2, ge=1, le=8, description="hidden layers, SiLU")
    steps: int = Field(2_500, ge=1, description="steps at budget 1")
    rate: float = Field(2e-3, gt=0, description="Adam's first learning rate")
    batch_size: int = Field(256, ge=2, description="states in a step")
    independence_weight: float = Field(0.02, ge=0, description="λ, weight of the products of gradients")


@discovery_method("poincare-2")
class Poincare2(_Flow):
    """The method of the paper: the number of quantities is a parameter, and all of them are claimed."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "networks whose gradients are orthogonal to the flow; the number is given"

    quantities: int = Field(1, ge=1, le=20, description="number of networks, all of which are claimed")


@discovery_method("poincare-2-auto")
class Poincare2Auto(_Flow):
    """As many networks as the states have dimensions, at most `most`; claims those conserved on held-out trajectories.

    A fifth of the trajectories is held out. A network is claimed if, with the stated confidence over these
    trajectories, its relative defect and the share of its variance within trajectories are both below `bound`; if none
    is, the method abstains. If there are fewer quantities than networks, networks repeat each other: the number of
    independent quantities is the rank of their gradients.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "networks whose gradients are orthogonal to the flow; counts by held-out defects"

    most: int = Field(5, ge=1, le=20, description="largest number of networks")
    bound: float = Field(0.05, gt=0, lt=1, description="relative defect and drift below which a network is conserved")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="one-sided confidence that both are below the bound")


@discovery_method("poincare-1")
class Poincare1(PartsMethod):
    """Count the directions in which a trajectory does not extend: dimension of the state minus that of its manifold.

    The states of a trajectory are whitened. For each length ℓ a network learns to pull x + ℓε, ε ~ N(0, 1), back to x.
    Walkers that are pushed by noise and pulled back spread along the manifold. Let wᵢ be the shares of the standard
    deviation of their end points along the principal components and s the dimension; then
    n_eff = Σ cos(π s wᵢ / 2), over i with s wᵢ < 1, directions vanish. The count is the rounded median over
    trajectories and lengths.

    The lengths are parameters: near the size of the manifold everything looks flat, below the distance of states
    nothing does. The method claims a count and no functions, and needs long trajectories, hundreds of states that cover
    the manifold. It cannot distinguish a strange attractor of low dimension from a conserved quantity.

    Of events without a label all are one trajectory, and the count is that of the events minus that of the events with
    permuted partners: what single vectors lack is in both.

    Differences from the reference, whose settings are `width: 256`, `batch_size: 128`, `trajectories: 1`,
    `lengths: [0.1]`, `starts: 100`, `walkers: 2000`, `pulls: 1` and `counting: points`:

    1. Walkers are pushed and pulled four times; the authors' do so once. Four was chosen on Kepler's problem.
    2. Counting: the authors take shares of the variance, n_eff = Σ cos(π s wᵢ) over 2 s wᵢ < 1 at each starting point,
       the largest over lengths, rounded, and the most frequent count of the points.
    3. SiLU instead of ReLU, two layers of 128 units instead of 256, and a few trajectories of hundreds of states
       instead of one of thousands.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "dimension of the manifold of a trajectory by walking and pulling back; a count only"
    reference: ClassVar[str] = "Liu, Tegmark, AI Poincaré, arXiv:2011.04698"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS, Track.INVARIANT})
    parts: ClassVar[frozenset[str]] = frozenset({"vectors", "blocks"})

    width: int = Field(128, ge=2, le=2048, description="units of both hidden layers (published: 256)")
    steps: int = Field(2_000, ge=1, description="steps at budget 1")
    rate: float = Field(2e-3, gt=0, description="Adam's first learning rate")
    batch_size: int = Field(256, ge=2, description="states in a step")
    trajectories: int = Field(3, ge=1, le=100, description="number of trajectories that are used")
    lengths: list[float] = Field([0.1, 0.2], min_length=1, description="ℓ, in standard deviations of the trajectory")
    walkers: int = Field(256, ge=8, description="walkers of each starting point")
    starts: int = Field(20, ge=1, description="starting points on each trajectory")
    counting: Literal["shares", "points"] = Field(
        "shares", description="shares: n_eff of the mean shares of all points; points: most frequent count (published)"
    )
    pulls: int = Field(4, ge=1, le=20, description="pushes and pulls of each walker")
