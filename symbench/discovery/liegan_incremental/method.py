"""`liegan-incremental`: LieGAN's channels one at a time, for as long as nobody can tell what they move."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.discovery.liegan.method import LieGan, LieGanSettings
from symbench.registry import discovery_method


@discovery_method("liegan-incremental")
class IncrementalLieGan(LieGanSettings):
    """Train one channel; keep it if it passes; train the next, orthogonal to those kept; stop at the first that fails.

    Orthogonal is meant in ⟨L, M⟩ = tr(L Σ Mᵀ), Σ the second moment of the data, and holds exactly: where the authors
    penalise a correlation, a channel is projected after every step. Of several starts the one goes forward that trees
    tell apart least on events it was trained with.

    The paper has no rule for the number of generators. Ours is a test on events held out from all training: trees learn
    to tell training events from training events moved by e^{tL}, half a radian to one either way, and the channel
    passes if on the held-out events their AUC lies below ½ + margin with the stated confidence. Testing in a fixed
    order and stopping at the first failure needs no correction for the number of tests. Where the first fails, or
    there are too few events to say (1.645²/6 margin² held out by default, 180), the method abstains. What is sure is
    sure for these trees: a change that they cannot see passes.

    The discriminator is a quarter as wide as the paper's and both rates are larger, since there are more trainings.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "LieGAN channel by channel; stops by a held-out two-sample test, may abstain"
    reference: ClassVar[str] = LieGan.reference

    hidden: int = Field(128, ge=1, le=8192, description="units of the discriminator's two hidden layers")
    generator_rate: float = Field(3e-3, gt=0, description="Adam's learning rate of the generators (β₁ = 0.5)")
    discriminator_rate: float = Field(1e-3, gt=0, description="Adam's learning rate of the discriminator")
    max_channels: int = Field(8, ge=1, le=100, description="channels to try, at most")
    steps: int = Field(2_000, ge=1, description="steps of each start of a channel at budget 1")
    starts: int = Field(2, ge=1, le=20, description="random starts of a channel, of which one goes forward")
    held_out: float = Field(0.5, gt=0, lt=1, description="share of the events that no training sees")
    margin: float = Field(0.05, gt=0, lt=0.5, description="AUC above ½ that still counts as indistinguishable")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="confidence that it is below, one-sided")
