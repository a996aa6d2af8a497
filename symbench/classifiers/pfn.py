"""`pfn`: the particle flow network, invariant under permutations of constituents only."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn

_WIDTHS = {"tiny": 32, "small": 64, "paper": 128}


@classifier("pfn")
class ParticleFlow(Classifier):
    """Deep Sets on the seven standard features: three layers before and three after the sum over constituents."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "particle flow network (Deep Sets): not Lorentz invariant"
    reference: ClassVar[str] = "Komiske, Metodiev, Thaler, JHEP 01 (2019) 121, arXiv:1810.05165"

    # selected for `tiny` by validation loss at 300 to 3,000 jets
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate of AdamW")
    min_steps: int = Field(600, ge=0, description="least number of steps: small samples are trained for more epochs")

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny", description="width 32, 64 or 128 (6 k, 22 k, 84 k parameters)"
    )
    width: int | None = Field(None, ge=1, le=4096, description="width of every layer, instead of the size's")

    def keeps(self) -> str:
        return "beam-rotation"

    def build(self, classes: int = 2) -> nn.Module:
        from symbench.classifiers.nets.outputs import with_outputs
        from symbench.classifiers.nets.pfn import ParticleFlowNetwork

        width = self.width or _WIDTHS[self.size]
        return with_outputs(ParticleFlowNetwork((width,) * 3, (width,) * 3), "head", classes)
