"""`symmetrygan`: one group element that a discriminator cannot detect in the data, and its logarithm."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.discovery.liegan.method import Mask
from symbench.registry import discovery_method


@discovery_method("symmetrygan")
class SymmetryGan(DiscoveryMethod):
    """A matrix g that acts on every vector of an event, trained against a discriminator of gx and x.

    Both players use the one binary cross-entropy, g in the form −log D(gx); the loss has no other term. Every symmetry
    is an optimum, the identity too, so the end of g depends on its random start.

    Differences from the reference, which reads a group off many ends:

    1. Starts are Gaussian matrices of positive determinant; there are a few of them, and one end is selected.
    2. An end g is selectable if it has a real principal logarithm L = log g, with E‖Lx‖² ≥ `nearest`² E‖x‖²; nearer to
       the identity, L is noise. The selected end is that with the lowest AUC of trees on training events.
    3. L is claimed if the test of `liegan-incremental` cannot detect e^{tL} on held-out events, at any t. Elements of a
       discrete group fail this test. Otherwise the method abstains. It claims at most one generator.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "one group element against a discriminator; claims its logarithm or abstains"
    reference: ClassVar[str] = "Desai, Nachman, Thaler, Phys. Rev. D 105 (2022) 096031, arXiv:2112.05722"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DISTRIBUTION})

    cosine_weight: float = Field(
        0.0,
        ge=0,
        description="weight of |mean cos(gx, x)|, which keeps g away from the identity; 1 in arXiv:2302.00236",
    )
    mask: Mask = Field(
        "none", description="entries that g may have: none (all), block-2x2 or block-4x4 on the diagonal, or a matrix"
    )
    steps: int = Field(3_000, ge=1, description="steps of each start at budget 1")
    starts: int = Field(4, ge=1, le=50, description="random starts, of which one is selected")
    batch_size: int = Field(128, ge=2, description="events in a step")
    generator_rate: float = Field(2e-3, gt=0, description="Adam's learning rate of g")
    falls: bool = Field(True, description="whether the learning rate of g falls to 0 (published: constant)")
    discriminator_rate: float = Field(1e-3, gt=0, description="Adam's learning rate of the discriminator")
    momentum: float = Field(0.5, ge=0, lt=1, description="β₁ of Adam for both players (published: 0.9)")
    hidden: int = Field(64, ge=1, le=8192, description="units of the discriminator's two hidden layers (published: 25)")
    nearest: float = Field(0.2, gt=0, description="‖Lx‖ over ‖x‖ below which g counts as the identity")
    held_out: float = Field(0.5, gt=0, lt=1, description="share of the events that no training uses")
    margin: float = Field(0.05, gt=0, lt=0.5, description="excess of the AUC over ½ that counts as indistinguishable")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="one-sided confidence that the AUC is below ½ + margin")
