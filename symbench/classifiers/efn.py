"""`efn`: the energy flow network, invariant under soft and collinear emission."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn

_WIDTHS = {"tiny": ((32, 32, 64), 32), "small": ((64, 64, 128), 64), "paper": ((100, 100, 256), 100)}


@classifier("efn")
class EnergyFlow(Classifier):
    """A function of angles, summed with weights of transverse-momentum fractions, and a function of the sum."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "energy flow network: infrared and collinear safe, not Lorentz invariant"
    reference: ClassVar[str] = "Komiske, Metodiev, Thaler, JHEP 01 (2019) 121, arXiv:1810.05165"

    # validation loss of `tiny` at 1,000 jets of top-tagging, one seed: 0.251 at 1e-3, 0.247 at 3e-3, 0.240 at 1e-2
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate of AdamW")
    min_steps: int = Field(600, ge=0, description="least number of steps: small samples are trained for more epochs")

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny", description="last width before the sum 64, 128 or 256 (8 k, 29 k, 82 k parameters)"
    )
    features: Literal["kinematic", "beam-invariant"] = Field(
        "kinematic",
        description="angles by pseudorapidity and the jet's side, or by rapidity: unchanged by boosts along the beam",
    )

    def keeps(self) -> str:
        return "beam" if self.features == "beam-invariant" else "beam-rotation"

    def build(self, classes: int = 2) -> nn.Module:
        from symbench.classifiers.nets.efn import EnergyFlowNetwork
        from symbench.classifiers.nets.outputs import with_outputs

        phi, f = _WIDTHS[self.size]
        return with_outputs(EnergyFlowNetwork(phi, (f,) * 3, features=self.features), "head", classes)
