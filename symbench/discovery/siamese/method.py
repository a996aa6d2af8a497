"""`siamese`: one function whose values show whether two states are on the same trajectory."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.shared.partners import PartsMethod
from symbench.registry import discovery_method


@discovery_method("siamese")
class Siamese(PartsMethod):
    """A network F that classifies pairs of states, same trajectory or not, by the logit b − (F(x) − F(x′))².

    The loss is the binary cross-entropy. A function that distinguishes trajectories and is constant on each of them is
    conserved. It has no rule to abstain: it always claims one function. Of events without a label, two of them are the
    same trajectory, and one with permuted partners is on another.

    Differences from the reference: three layers of 64 units instead of a few hundred; ten seconds on one core.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "twin networks that recognise a trajectory; always claims one quantity"
    reference: ClassVar[str] = "Wetzel et al., Phys. Rev. Research 2 (2020) 033499, arXiv:2003.04299"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS, Track.INVARIANT})
    parts: ClassVar[frozenset[str]] = frozenset({"vectors", "blocks"})

    width: int = Field(64, ge=2, le=2048, description="units of a hidden layer")
    depth: int = Field(3, ge=1, le=8, description="hidden layers, SiLU")
    steps: int = Field(3_000, ge=1, description="steps at budget 1")
    rate: float = Field(2e-3, gt=0, description="Adam's first learning rate")
    pairs: int = Field(128, ge=2, description="pairs of each kind in a step")
