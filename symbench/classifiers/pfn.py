"""`pfn`: the particle flow network, which knows no symmetry but that of exchanging constituents."""

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

    # chosen for `tiny` by validation loss at 300 to 3,000 jets
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate of AdamW")
    min_steps: int = Field(600, ge=0, description="run more epochs where there are too few jets for as many steps")

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny", description="width 32, 64 or 128 (6 k, 22 k, 84 k parameters)"
    )
    width: int | None = Field(None, ge=1, le=4096, description="width of every layer, in place of the size's")

    def build(self) -> nn.Module:
        from symbench.classifiers.nets.pfn import ParticleFlowNetwork

        width = self.width or _WIDTHS[self.size]
        return ParticleFlowNetwork((width,) * 3, (width,) * 3)
