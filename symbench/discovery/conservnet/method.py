"""`conservnet`: one function that is constant along every trajectory and varies between states."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.shared.partners import PartsMethod
from symbench.registry import discovery_method


@discovery_method("conservnet")
class ConservNet(PartsMethod):
    """A network F that minimises Var_t F(x_t) + |1 − Var F(x + ε)|, ε uniform in ±`spread`, states in units of theirs.

    It has no rule to abstain: it always claims one function. Of events without a label all are one trajectory, and
    x + ε are events with permuted partners.

    Differences from the reference: three layers of 64 units instead of four of 320, and 3,000 steps of Adam at a rate
    that falls from 2e-3 to 0 instead of 5e-5; ten seconds on one core.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a network constant along trajectories; always claims one quantity"
    reference: ClassVar[str] = "Ha, Jeong, ConservNet, arXiv:2102.04008"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS, Track.INVARIANT})
    parts: ClassVar[frozenset[str]] = frozenset({"vectors", "blocks"})

    width: int = Field(64, ge=2, le=2048, description="units of a hidden layer (published: 320)")
    depth: int = Field(3, ge=1, le=8, description="hidden layers, SiLU (published: 4)")
    steps: int = Field(3_000, ge=1, description="steps at budget 1")
    rate: float = Field(2e-3, gt=0, description="Adam's first learning rate (published: 5e-5)")
    trajectories: int = Field(24, ge=2, description="trajectories in a step")
    states: int = Field(10, ge=2, description="states of each of them in a step")
    spread: float = Field(1.0, ge=0, description="largest ε, in units of the states' spread")
