"""`conservnet`: one function that is constant along every trajectory and varies between states (arXiv:2102.04008)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method


@discovery_method("conservnet")
class ConservNet(DiscoveryMethod):
    """Minimise Var_t F(x_t) + |1 − Var F(x + ε)| over networks F, ε uniform in ±`spread`, states in units of theirs.

    Published: four layers of 320 units, Adam at 5e-5. The default here is what one core does in about ten seconds:
    three layers of 64 units, 3,000 steps at 2e-3 falling to 0.

    It has no rule to abstain: it always claims one function, the one that is most nearly constant.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a network constant along trajectories; always claims one quantity"
    reference: ClassVar[str] = "Ha, Jeong, ConservNet, arXiv:2102.04008"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS})

    width: int = Field(64, ge=2, le=2048, description="units of a hidden layer (published: 320)")
    depth: int = Field(3, ge=1, le=8, description="hidden layers, SiLU (published: 4)")
    steps: int = Field(3_000, ge=1, description="steps at budget 1")
    rate: float = Field(2e-3, gt=0, description="Adam's first learning rate (published: 5e-5)")
    trajectories: int = Field(24, ge=2, description="trajectories in a step")
    states: int = Field(10, ge=2, description="states of each of them in a step")
    spread: float = Field(1.0, ge=0, description="ε, in units of the states' spread")
