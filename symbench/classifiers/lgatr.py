"""`lgatr`: the Lorentz-equivariant geometric algebra transformer, the authors' package."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.extras import Requirement, require_all
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn

_SHAPES = {"tiny": (4, 8, 2, 2), "small": (8, 16, 4, 6), "paper": (16, 32, 8, 12)}


class LorentzAttention(Classifier):
    """What the networks of the package `lgatr` have in common: the recipe, the references and the symmetry."""

    epochs: int = Field(8, ge=1, description="passes over the training jets at budget 1")
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    # validation loss of `lgatr` at 1,000 jets of top-tagging: 0.257 after 256 steps, 0.212 after 1,024; other rates do
    # not help
    min_steps: int = Field(1000, ge=0, description="least number of steps: small samples are trained for more epochs")

    time_reference: bool = Field(False, description="add the time axis to the references: breaks boosts")

    def requirements(self) -> tuple[Requirement, ...]:
        return (Requirement("lgatr", "lorentz"),)

    def keeps(self) -> str:
        return "lorentz"


@classifier("lgatr")
class LGATr(LorentzAttention):
    """Attention between multivectors, with the two beams as further items.

    Difference from the reference: the publication's tagger has a time reference among its spurions, which breaks
    boosts; here it is off by default.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "L-GATr: Lorentz invariant when its references are transformed with the jet"
    reference: ClassVar[str] = "Brehmer et al., arXiv:2411.00446; package lgatr"

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny",
        description="multivector and scalar channels, heads and blocks: 4, 8, 2 × 2; 8, 16, 4 × 6 or 16, 32, 8 × 12 "
        "(12 k, 136 k, 1.08 M parameters)",
    )

    def build(self, classes: int = 2) -> nn.Module:
        require_all(self.requirements(), self.name)
        from symbench.classifiers.nets import lgatr

        shape = lgatr.LGATrShape(*_SHAPES[self.size])
        network = lgatr.LGATrTagger(shape, time_reference=self.time_reference)
        if classes != 2:  # its outputs are multivectors, which no linear layer gives: all of it is drawn again
            network = lgatr.LGATrTagger(shape, time_reference=self.time_reference, classes=classes)
        return network
