"""`lorentznet`: the network that is invariant under the Lorentz group by construction."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import Tensor, nn

_SHAPES = {"tiny": (16, 3), "small": (32, 4), "paper": (72, 6)}


@classifier("lorentznet")
class LorentzNet(Classifier):
    """Message passing on Minkowski norms and inner products, with the two beams as spurions.

    Differences from the authors' code, unless `faithful`: padding takes no part, the coordinate update is not clamped,
    and invariants are float64.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "LorentzNet: Lorentz invariant when its beams are transformed with the jet"
    reference: ClassVar[str] = "Gong et al., JHEP 07 (2022) 030, arXiv:2201.08187"

    # selected for `tiny` by validation loss at 300 and 1,000 jets; the reference trains 35 epochs with batches of 128
    epochs: int = Field(8, ge=1, description="passes over the training jets at budget 1")
    batch_size: int = Field(32, ge=1, description="jets in a training step")
    min_steps: int = Field(250, ge=0, description="least number of steps: small samples are trained for more epochs")

    size: Literal["tiny", "small", "paper"] = Field(
        "tiny", description="width and blocks: 16 × 3, 32 × 4 or 72 × 6 (6 k, 31 k, 224 k parameters)"
    )
    width: int | None = Field(None, ge=1, le=1024, description="width of every layer, instead of the size's")
    blocks: int | None = Field(None, ge=1, le=32, description="number of blocks, instead of the size's")
    dropout: float = Field(0.2, ge=0, lt=1, description="dropout in the head")
    c: float = Field(5e-3, gt=0, description="step of the coordinate update")
    faithful: bool = Field(False, description="compute as the authors' code, with its clamp and its padding")

    def keeps(self) -> str | None:
        return None if self.faithful else "lorentz"  # the authors' clamp of coordinates breaks boosts

    def build(self, classes: int = 2) -> nn.Module:
        return self._network(classes, metric=None)

    def _network(self, classes: int, metric: Tensor | None, *, minkowski_masses: bool = False) -> nn.Module:
        """LorentzNet with an inner product (4, 4), by default Minkowski's."""
        from symbench.classifiers.nets import lorentznet
        from symbench.classifiers.nets.outputs import with_outputs

        width, blocks = _SHAPES[self.size]
        network = lorentznet.LorentzNet(
            self.width or width,
            self.blocks or blocks,
            c=self.c,
            dropout=self.dropout,
            faithful=self.faithful,
            metric=metric,
            minkowski_masses=minkowski_masses,
        )
        return with_outputs(network, "graph_dec.3", classes)
