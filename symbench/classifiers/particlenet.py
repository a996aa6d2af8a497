"""`particlenet`: edge convolutions on the nearest neighbours of each constituent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn

_SHAPES = {"tiny": (7, (16, 32), 32), "small": (7, (32, 64), 128), "paper": (16, (64, 128, 256), 256)}


@classifier("particlenet")
class ParticleNet(Classifier):
    """Dynamic graph network: neighbours in angle for the first convolution, in learned features for the others.

    Difference from the authors' code: padding is neither a neighbour nor part of the normalisation.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "ParticleNet: graph network on nearest neighbours, not Lorentz invariant"
    reference: ClassVar[str] = "Qu, Gouskos, Phys. Rev. D 101 (2020) 056019, arXiv:1902.08570"

    epochs: int = Field(8, ge=1, description="passes over the training jets at budget 1")
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate of AdamW")
    min_steps: int = Field(250, ge=0, description="least number of steps: small samples are trained for more epochs")

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny", description="widths 16, 32; ParticleNet-Lite; the full network (6 k, 26 k, 366 k parameters)"
    )
    k: int | None = Field(None, ge=1, le=128, description="neighbours of each constituent, instead of the size's")
    dropout: float = Field(0.1, ge=0, lt=1, description="dropout in the head")
    features: Literal["kinematic", "beam-invariant"] = Field(
        "kinematic", description="the seven standard features, or five that boosts along the beam leave unchanged"
    )

    def keeps(self) -> str:
        return "beam" if self.features == "beam-invariant" else "beam-rotation"

    def build(self, classes: int = 2) -> nn.Module:
        from symbench.classifiers.nets import particlenet
        from symbench.classifiers.nets.outputs import with_outputs

        k, widths, fc = _SHAPES[self.size]
        convolutions = [(self.k or k, (width,) * 3) for width in widths]
        network = particlenet.ParticleNet(convolutions, fc, dropout=self.dropout, features=self.features)
        return with_outputs(network, "fc.1", classes)
