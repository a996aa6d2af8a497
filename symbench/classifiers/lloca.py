"""`lloca`: a network made equivariant by learned local frames of a group, with the authors' package."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.extras import Requirement, require_all
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn

_SHAPES = {"tiny": (2, 2, 16), "small": (4, 4, 32), "paper": (8, 10, 128)}


# parameters that were added later are in the key only if they are not the default
def _is_so13(value: object) -> bool:
    return value == "so13"


def _is_transformer(value: object) -> bool:
    return value == "transformer"


def _is_true(value: object) -> bool:
    return value is True


@classifier("lloca")
class LLoCa(Classifier):
    """Local canonicalisation: each constituent in a predicted local frame, and a backbone between the frames.

    The backbones `particlenet` and `part` are the classifiers of these names, with features in local frames and with
    messages of which half of the channels are vectors. Differences from the reference:

    1. The publication's tagger has a time reference among its spurions, which breaks boosts; here it is off by default.
       The network of its frames also receives features of constituents in the laboratory, which break the symmetry.
    2. The inputs of its transformer are seven features of the local momenta; here they are the components themselves.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "LLoCa: equivariant under the group of its local frames, Lorentz by default"
    reference: ClassVar[str] = "Favaro et al., arXiv:2508.14898, and Spinner et al., arXiv:2505.20280; package lloca"

    epochs: int = Field(8, ge=1, description="passes over the training jets at budget 1")
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    min_steps: int = Field(250, ge=0, description="least number of steps: small samples are trained for more epochs")

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny",
        description="heads, blocks and width of the frames' network: 2 × 2, 16; 4 × 4, 32 or 8 × 10, 128 "
        "(26 k, 201 k, 2.0 M parameters); other backbones have the size of their classifier",
    )
    frames: Literal["identity", "so2", "beam", "so3", "so13"] = Field(
        "so13",
        description="group of the frames: none, rotations about the beam, with boosts along it, all rotations, Lorentz",
        exclude_if=_is_so13,
    )
    backbone: Literal["transformer", "particlenet", "part"] = Field(
        "transformer",
        description="network between the frames: the package's transformer, ParticleNet or ParT",
        exclude_if=_is_transformer,
    )
    beam_references: bool = Field(
        True,
        description="two beams among the references; without them the symmetry is one of jets alone",
        exclude_if=_is_true,
    )
    time_reference: bool = Field(False, description="add the time axis to the references: breaks boosts")

    def requirements(self) -> tuple[Requirement, ...]:
        return (Requirement("lloca", "lorentz"),)

    def keeps(self) -> str:
        if self.frames == "identity":
            return "none" if self.backbone == "transformer" else "beam-rotation"
        return {"so2": "beam-rotation", "beam": "beam", "so3": "rotation", "so13": "lorentz"}[self.frames]

    def build(self, classes: int = 2) -> nn.Module:
        require_all(self.requirements(), self.name)
        from symbench.classifiers.nets import lloca
        from symbench.classifiers.nets.outputs import with_outputs
        from symbench.classifiers.part import ParticleTransformer
        from symbench.classifiers.particlenet import ParticleNet

        heads, blocks, width = _SHAPES[self.size]
        time, beams = self.time_reference, self.beam_references
        if self.backbone == "transformer":
            shape = lloca.LLoCaShape(heads, blocks, width)
            network = lloca.LLoCaTransformer(shape, group=self.frames, beams=beams, time_reference=time)
            return with_outputs(network, "net.linear_out", classes)
        kind = ParticleNet if self.backbone == "particlenet" else ParticleTransformer
        backbone = kind(size=self.size).build(classes)
        assert isinstance(backbone, lloca.Backbone)
        return lloca.LLoCaBackbone(backbone, width, group=self.frames, beams=beams, time_reference=time)
