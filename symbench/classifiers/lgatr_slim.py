"""`lgatr-slim`: L-GATr with vector and scalar channels alone, the authors' package."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.lgatr import LorentzAttention
from symbench.extras import require_all
from symbench.registry import classifier

if TYPE_CHECKING:
    from torch import nn

_SHAPES = {"tiny": (4, 16, 2, 2), "small": (8, 32, 4, 6), "large": (32, 96, 8, 12)}


@classifier("lgatr-slim")
class LGATrSlim(LorentzAttention):
    """Attention between items of Lorentz vectors and scalars, without the other ten components of multivectors.

    Differences from the reference: the two beams are references and the time axis is not, as in `lgatr`, and none of
    the sizes is one of the publication.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "L-GATr-slim: Lorentz invariant when its references are transformed with the jet"
    reference: ClassVar[str] = "Petitjean, Plehn, Spinner, Köthe, arXiv:2512.17011; package lgatr"

    size: Literal["tiny", "small", "large"] = Field(
        "tiny",
        description="vector and scalar channels, heads and blocks: 4, 16, 2 × 2; 8, 32, 4 × 6 or 32, 96, 8 × 12 "
        "(6 k, 67 k, 1.26 M parameters)",
    )

    def build(self, classes: int = 2) -> nn.Module:
        require_all(self.requirements(), self.name)
        from symbench.classifiers.nets import lgatr
        from symbench.classifiers.nets.outputs import with_outputs

        shape = lgatr.LGATrShape(*_SHAPES[self.size])
        network = lgatr.LGATrSlimTagger(shape, time_reference=self.time_reference)
        return with_outputs(network, "net.linear_out.linear_s", classes)
