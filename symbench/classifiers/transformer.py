"""`transformer`: plain attention over the constituents' features."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn

_SHAPES = {"tiny": (32, 4, 2), "small": (64, 4, 4), "paper": (128, 8, 10)}


@classifier("transformer")
class Transformer(Classifier):
    """Self-attention without pair features: the baseline of ParT and of the equivariant transformers."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "transformer on constituents: not Lorentz invariant"
    reference: ClassVar[str] = "Vaswani et al., NeurIPS 2017, arXiv:1706.03762; Xiong et al., arXiv:2002.04745"

    epochs: int = Field(8, ge=1, description="passes over the training jets at budget 1")
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    min_steps: int = Field(250, ge=0, description="least number of steps: small samples are trained for more epochs")

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny", description="width and blocks: 32 × 2, 64 × 4 or 128 × 10 (26 k, 201 k, 1.98 M parameters)"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="dropout in the blocks")
    features: Literal["kinematic", "beam-invariant"] = Field(
        "kinematic", description="the seven standard features, or five that boosts along the beam leave unchanged"
    )

    def keeps(self) -> str:
        return "beam" if self.features == "beam-invariant" else "beam-rotation"

    def build(self, classes: int = 2) -> nn.Module:
        from symbench.classifiers.nets import transformer
        from symbench.classifiers.nets.outputs import with_outputs

        width, heads, layers = _SHAPES[self.size]
        network = transformer.Transformer(width, heads, layers, dropout=self.dropout, features=self.features)
        return with_outputs(network, "head", classes)
