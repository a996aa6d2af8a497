"""`symmetrygan`: one group element that a discriminator cannot tell from the data, and its logarithm."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method


@discovery_method("symmetrygan")
class SymmetryGan(DiscoveryMethod):
    """A matrix g that acts on every vector of an event, against a discriminator of gx and x.

    Both play for the one binary cross-entropy, g for log D(gx); there is no other term. Every symmetry, the identity
    among them, is an optimum, so that where g ends is where its random start flows; the paper reads a group off many
    such ends. Starts here are Gaussian matrices of positive determinant.

    A group element is no generator. Ours to decide: an end g goes forward if it has a real principal logarithm
    L = log g, by which e^{tL} reaches it from the identity, and if it lies away from there, E‖Lx‖² at least
    `nearest`² E‖x‖², nearer than which L is noise; of those, the one that trees tell apart least on events it was
    trained with. L is claimed if on events held out from all training nobody can tell what e^{tL} moves, at any t and
    not only where e^{tL} is g, by the test of `liegan-incremental`: an element of a discrete group fails that.
    Otherwise the method abstains. At most one generator can come of it.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "one group element against a discriminator; claims its logarithm or abstains"
    reference: ClassVar[str] = "Desai, Nachman, Thaler, Phys. Rev. D 105 (2022) 096031, arXiv:2112.05722"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DISTRIBUTION})

    steps: int = Field(3_000, ge=1, description="steps of each start at budget 1")
    starts: int = Field(4, ge=1, le=50, description="random starts, of which one goes forward")
    batch_size: int = Field(128, ge=2, description="events in a step")
    generator_rate: float = Field(2e-3, gt=0, description="Adam's learning rate of g (β₁ = 0.5), falling to 0")
    discriminator_rate: float = Field(1e-3, gt=0, description="Adam's learning rate of the discriminator (β₁ = 0.5)")
    hidden: int = Field(64, ge=1, le=8192, description="units of the discriminator's two hidden layers")
    nearest: float = Field(0.2, gt=0, description="‖Lx‖ over ‖x‖ below which g is taken for the identity")
    held_out: float = Field(0.5, gt=0, lt=1, description="share of the events that no training sees")
    margin: float = Field(0.05, gt=0, lt=0.5, description="AUC above ½ that still counts as indistinguishable")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="confidence that it is below, one-sided")
