"""`part`: the Particle Transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn


class _Shape(NamedTuple):
    embedding: tuple[int, ...]
    pairs: tuple[int, ...]
    heads: int
    layers: tuple[int, int]


_SHAPES = {
    "tiny": _Shape((32, 64, 32), (16, 16), 4, (2, 1)),
    "small": _Shape((64, 256, 64), (32, 32, 32), 4, (4, 1)),
    "paper": _Shape((128, 512, 128), (64, 64, 64), 8, (8, 2)),
}


@classifier("part")
class ParticleTransformer(Classifier):
    """Attention between constituents with a learned bias from ln kT, ln z, ln ΔR and ln m² of each pair."""

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "Particle Transformer: attention with pair features, not Lorentz invariant"
    reference: ClassVar[str] = "Qu, Li, Qian, ICML 2022, arXiv:2202.03772"

    epochs: int = Field(8, ge=1, description="passes over the training jets at budget 1")
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    min_steps: int = Field(250, ge=0, description="least number of steps: small samples are trained for more epochs")

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny", description="width and blocks: 32 × 2, 64 × 4 or 128 × 8 (45 k, 291 k, 2.14 M parameters)"
    )
    dropout: float = Field(0.1, ge=0, lt=1, description="dropout in the blocks between constituents")
    pair_activation: bool = Field(
        True,
        description="a last GELU on the features of pairs, as in the published configurations; without it, the default "
        "of the authors' package",
    )
    features: Literal["kinematic", "beam-invariant"] = Field(
        "kinematic", description="the seven standard features, or five that boosts along the beam leave unchanged"
    )

    def keeps(self) -> str:
        return "beam" if self.features == "beam-invariant" else "beam-rotation"

    def build(self, classes: int = 2) -> nn.Module:
        from symbench.classifiers.nets import part
        from symbench.classifiers.nets.outputs import with_outputs

        shape = _SHAPES[self.size]
        network = part.ParticleTransformer(
            shape.embedding,
            shape.pairs,
            shape.heads,
            shape.layers,
            dropout=self.dropout,
            features=self.features,
            pair_activation=self.pair_activation,
        )
        return with_outputs(network, "fc.0", classes)
