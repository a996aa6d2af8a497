"""`lloca`: a transformer made Lorentz invariant by learned local frames, the authors' package."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.extras import Requirement, require_all
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn

_SHAPES = {"tiny": (2, 2, 16), "small": (4, 4, 32), "paper": (8, 10, 128)}


@classifier("lloca")
class LLoCa(Classifier):
    """Local canonicalisation: each constituent in a predicted local frame, and a transformer between the frames.

    Differences from the reference:

    1. The publication's tagger has a time reference among its spurions, which breaks boosts; here it is off by default.
    2. Its inputs are seven features of the local momenta; here they are the components themselves.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "LLoCa-Transformer: Lorentz invariant when its references are transformed with the jet"
    reference: ClassVar[str] = "Favaro et al., arXiv:2508.14898; package lloca"

    epochs: int = Field(8, ge=1, description="passes over the training jets at budget 1")
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    min_steps: int = Field(250, ge=0, description="least number of steps: small samples are trained for more epochs")

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny",
        description="heads, blocks and width of the frames' network: 2 × 2, 16; 4 × 4, 32 or 8 × 10, 128 "
        "(26 k, 201 k, 2.0 M parameters)",
    )
    time_reference: bool = Field(False, description="add the time axis to the references: breaks boosts")

    def requirements(self) -> tuple[Requirement, ...]:
        return (Requirement("lloca", "lorentz"),)

    def build(self, classes: int = 2) -> nn.Module:
        require_all(self.requirements(), self.name)
        from symbench.classifiers.nets import lloca
        from symbench.classifiers.nets.outputs import with_outputs

        network = lloca.LLoCaTransformer(lloca.LLoCaShape(*_SHAPES[self.size]), time_reference=self.time_reference)
        return with_outputs(network, "net.linear_out", classes)
