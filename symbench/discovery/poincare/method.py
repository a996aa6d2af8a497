"""AI Poincaré: `poincare-1` counts quantities from the shape of a trajectory, `poincare-2` finds them from the flow."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method


class _Flow(DiscoveryMethod):
    """Networks H minimise mean |f̂·∇Ĥᵢ|² + λ Σ_{i<j} ⟨∇Ĥᵢ, ∇Ĥⱼ⟩², hats for unit length, in the frame of the data.

    Published: two layers of 256 units, λ = 0.02. The default here takes one core half a minute: 96 units, 2,500 steps
    at 2e-3 falling to 0.
    """

    reference: ClassVar[str] = "Liu, Madhavan, Tegmark, AI Poincaré 2.0, arXiv:2203.12610"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS})

    width: int = Field(96, ge=2, le=2048, description="units of a hidden layer (published: 256)")
    depth: int = Field(2, ge=1, le=8, description="hidden layers, SiLU")
    steps: int = Field(2_500, ge=1, description="steps at budget 1")
    rate: float = Field(2e-3, gt=0, description="Adam's first learning rate")
    batch_size: int = Field(256, ge=2, description="states in a step")
    independence_weight: float = Field(0.02, ge=0, description="λ, which keeps gradients apart")


@discovery_method("poincare-2")
class Poincare2(_Flow):
    """The paper's way: as many quantities as asked for, all of them claimed."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "networks whose gradients are orthogonal to the flow; the number is given"

    quantities: int = Field(1, ge=1, le=20, description="networks trained and claimed")


@discovery_method("poincare-2-auto")
class Poincare2Auto(_Flow):
    """As many networks as the states have dimensions (`most` of them), kept where they hold on unseen trajectories.

    A fifth of the trajectories is held out. A network is claimed if there, with the stated confidence over
    trajectories, both its relative defect and the share of its spread within trajectories are below `bound`; where none
    is, the method abstains. Networks repeat each other where there are fewer quantities: how many are independent is
    the rank of their gradients, which is what counts. An oscillator has 1 in 3 of 3 seeds at the defaults; of Kepler in
    the plane (published: 3) none held after a quarter of the training with 64 units, with defects of 0.17 to 0.20.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "networks whose gradients are orthogonal to the flow; counts by held-out defects"

    most: int = Field(5, ge=1, le=20, description="networks trained, at most")
    bound: float = Field(0.05, gt=0, lt=1, description="relative defect and drift below which a network is conserved")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="confidence that both are below, one-sided")


@discovery_method("poincare-1")
class Poincare1(DiscoveryMethod):
    """Count the directions in which a trajectory does not extend: dimension of the state minus that of its manifold.

    The states of one trajectory are whitened; for each length ℓ a network learns to pull x + ℓε, ε ~ N(0, 1), back to
    x. Walkers that are pushed so and pulled back spread along the manifold; of the principal components of where they
    get to, with shares wᵢ of the standard deviation, n_eff = Σ cos(π s wᵢ / 2) over those with s wᵢ < 1 vanish, s the
    dimension.
    The count is the median over trajectories and lengths, rounded; at lengths near the size of the manifold everything
    is flat, at lengths below the distance of states nothing is, so they are parameters.

    A strange attractor of low dimension looks like a conserved quantity to it: it cannot tell Lorenz's from a surface.
    One push instead of a walk of four leaves Kepler's count at 2.

    It claims a count and no functions. It needs long trajectories, hundreds of states that cover the manifold.
    Published: 256–256 units, a trajectory of thousands of states.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "dimension of the manifold of a trajectory by walking and pulling back; a count only"
    reference: ClassVar[str] = "Liu, Tegmark, AI Poincaré, arXiv:2011.04698"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS})

    width: int = Field(128, ge=2, le=2048, description="units of both hidden layers (published: 256)")
    steps: int = Field(2_000, ge=1, description="steps at budget 1")
    rate: float = Field(2e-3, gt=0, description="Adam's first learning rate")
    batch_size: int = Field(256, ge=2, description="states in a step")
    trajectories: int = Field(3, ge=1, le=100, description="trajectories of the sample that are looked at")
    lengths: list[float] = Field([0.1, 0.2], min_length=1, description="ℓ, in standard deviations of the trajectory")
    walkers: int = Field(256, ge=8, description="walkers of each starting point")
    starts: int = Field(20, ge=1, description="starting points on each trajectory")
    pulls: int = Field(4, ge=1, le=20, description="pushes and pulls of each walker")
