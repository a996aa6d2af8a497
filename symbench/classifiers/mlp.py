"""`mlp`: a perceptron on well-known high-level observables of the jet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn

_WIDTHS = {"tiny": 32, "small": 64, "paper": 128}


@classifier("mlp")
class HighLevelPerceptron(Classifier):
    """Three layers on mass, transverse momentum, multiplicity, N-subjettiness and energy correlators.

    Invariant under rotations about and boosts along the beam, as its inputs are.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "perceptron on 17 jet observables: invariant under beam boosts and beam rotations"
    reference: ClassVar[str] = "Thaler, Van Tilburg, JHEP 03 (2011) 015, arXiv:1011.2268; Larkoski et al., 1409.6298"

    # validation loss of `tiny` at 1,000 jets of top-tagging, one seed: 0.194 at 1e-3, 0.191 at 3e-3
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate of AdamW")
    min_steps: int = Field(600, ge=0, description="least number of steps: small samples are trained for more epochs")

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny", description="width 32, 64 or 128 (3 k, 10 k, 36 k parameters); no size was published"
    )
    width: int | None = Field(None, ge=1, le=4096, description="width of every layer, instead of the size's")
    dropout: float = Field(0.0, ge=0, lt=1, description="dropout after every layer")

    def keeps(self) -> str:
        return "beam"

    def build(self, classes: int = 2) -> nn.Module:
        from symbench.classifiers.nets.mlp import ObservablesPerceptron
        from symbench.classifiers.nets.outputs import with_outputs

        network = ObservablesPerceptron((self.width or _WIDTHS[self.size],) * 3, dropout=self.dropout)
        return with_outputs(network, "head", classes)
