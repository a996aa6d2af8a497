"""`liegan-incremental`: LieGAN's channels one at a time, as long as a two-sample test detects no change."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.discovery.liegan.method import EventLieGan, LieGan
from symbench.registry import discovery_method


@discovery_method("liegan-incremental")
class IncrementalLieGan(EventLieGan):
    """Train one channel, keep it if it passes a test, train the next one orthogonal to those kept, and so on.

    Differences from the reference:

    1. The number of generators is decided by a test on events held out from all training: trees learn to distinguish
       training events from training events moved by e^{tL}, ½ ≤ |t| ≤ 1, and a channel passes if their AUC on the
       held-out events is below ½ + margin with the stated confidence. It stops at the first channel that fails, and
       abstains if that is the first one. Tests in a fixed order that stop at the first failure need no correction for
       their number.
    2. A channel is orthogonal to those kept, exactly and in ⟨L, M⟩ = tr(L Σ Mᵀ), Σ the second moment of the data: it is
       projected after every step, while the authors penalise a correlation.
    3. Of several starts it takes the one with the lowest AUC on training events.
    4. The discriminator is a quarter as wide and both rates are larger, since there are more trainings.

    With fewer than 1.645²/(6 margin²) held-out events, 180 by default, no channel can pass. The guarantee holds for
    these trees: a change that they cannot detect passes.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "LieGAN channel by channel; stops by a held-out two-sample test, may abstain"
    reference: ClassVar[str] = LieGan.reference

    hidden: int = Field(128, ge=1, le=8192, description="units of the discriminator's two hidden layers")
    generator_rate: float = Field(3e-3, gt=0, description="Adam's learning rate of the generators (β₁ = 0.5)")
    discriminator_rate: float = Field(1e-3, gt=0, description="Adam's learning rate of the discriminator")
    max_channels: int = Field(8, ge=1, le=100, description="largest number of channels that are tried")
    steps: int = Field(2_000, ge=1, description="steps of each start of a channel at budget 1")
    starts: int = Field(2, ge=1, le=20, description="random starts of a channel, of which the best is tested")
    held_out: float = Field(0.5, gt=0, lt=1, description="share of the events that no training uses")
    margin: float = Field(0.05, gt=0, lt=0.5, description="excess of the AUC over ½ that counts as indistinguishable")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="one-sided confidence that the AUC is below ½ + margin")
