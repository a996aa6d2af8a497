"""`egnn`: LorentzNet's layers with the Euclidean metric on all four components: the wrong symmetry, as a control."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.classifiers.lorentznet import SHAPES, LorentzNet
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn


@classifier("egnn")
class Egnn(LorentzNet):
    """Message passing on Euclidean norms and inner products of (E, px, py, pz), otherwise LorentzNet.

    Invariant under rotations of space, which preserve both metrics, and under those that mix energy and momentum, which
    no jet respects. What LorentzNet does better with as many parameters is due to the right metric.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "LorentzNet with a Euclidean metric: the wrong symmetry, as a control"
    reference: ClassVar[str] = "layers of arXiv:2201.08187; Satorras et al., arXiv:2102.09844"

    # validation loss at 1,000 jets of top-tagging: 0.376 after 256 steps, 0.337 after 928; LorentzNet gains 0.003
    min_steps: int = Field(1000, ge=0, description="run more epochs where there are too few jets for as many steps")

    def build(self) -> nn.Module:
        import torch

        from symbench.classifiers.nets import lorentznet

        width, blocks = SHAPES[self.size]
        return lorentznet.LorentzNet(
            self.width or width,
            self.blocks or blocks,
            c=self.c,
            dropout=self.dropout,
            faithful=self.faithful,
            metric=torch.eye(4),
        )
