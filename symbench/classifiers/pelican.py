"""`pelican`: permutation-equivariant maps on inner products, Lorentz invariant by construction."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn

_SHAPES = {"tiny": (20, 12, 2), "small": (48, 28, 4), "paper": (132, 78, 5)}


def _is_false(value: object) -> bool:
    return value is False


@classifier("pelican")
class Pelican(Classifier):
    """The 15 permutation-equivariant maps on the matrix of Minkowski products, with the two beams as spurions.

    `published` is the form of the authors' code and configuration `208k`. Without it, the first channels are divided
    equally between products and labels, the head has no last activation, and the spurions are light-like beams, which
    alone are Lorentz vectors of the experiment.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "PELICAN: Lorentz invariant when its beams are transformed with the jet"
    reference: ClassVar[str] = "Bogatskiy, Hoffman, Miller, Offermann, Liu, arXiv:2307.16506"

    # validation loss of `tiny` after 84 steps on simulated toy jets: 0.37 at 3e-3 and 8e-3, 0.56 at 1e-3
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate of AdamW")
    epochs: int = Field(8, ge=1, description="passes over the training jets at budget 1")
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    weight_decay: float = Field(0.005, ge=0, description="decoupled weight decay of AdamW")
    # validation loss at 1,000 jets of top-tagging: 0.226 after 256 steps, 0.197 after 1,024
    min_steps: int = Field(1000, ge=0, description="least number of steps: small samples are trained for more epochs")

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny",
        description="channels between and inside of blocks, and blocks: 20/12 × 2, 48/28 × 4 or 132/78 × 5 "
        "(4 k, 27 k, 209 k parameters)",
    )
    dropout: float = Field(0.025, ge=0, lt=1, description="dropout of messages and in the head")

    published: bool = Field(
        False,
        description="the form of the authors' code: first channels, head, and spurions (time and z axis) as theirs; "
        "208,797 parameters of `paper`",
        exclude_if=_is_false,
    )

    def keeps(self) -> str:
        return "lorentz"

    def build(self, classes: int = 2) -> nn.Module:
        from symbench.classifiers.nets import pelican
        from symbench.classifiers.nets.outputs import with_outputs

        width, message, blocks = _SHAPES[self.size]
        network = pelican.Pelican(width, message, blocks, dropout=self.dropout, published=self.published)
        return with_outputs(network, "head", classes)
