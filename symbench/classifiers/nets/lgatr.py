"""L-GATr and its slim form, the authors' package `lgatr` with the interface of classifiers.

Each constituent and each beam is an item: its four-momentum divided by 20 GeV as a multivector, and two scalars for its
kind. Logits are the scalar parts of one multivector per class, averaged over real items. Momenta are converted to the
precision of the network after the division.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from lgatr import LGATr, LGATrSlim, embed_vector, extract_scalar
from torch import Tensor, nn

GEV = 20.0
BEAMS = ((1.0, 0.0, 0.0, 1.0), (1.0, 0.0, 0.0, -1.0))  # light-like, in units of 20 GeV
TIME = (1.0, 0.0, 0.0, 0.0)


def reference_vectors(time_reference: bool) -> Tensor:
    """The beams and, optionally, the time axis: (S, 4) float64 in units of 20 GeV."""
    return torch.tensor((*BEAMS, TIME) if time_reference else BEAMS, dtype=torch.float64)


@dataclass(frozen=True)
class LGATrShape:
    """Multivector (of the slim form: vector) and scalar channels, heads and blocks."""

    multivectors: int
    scalars: int
    heads: int
    blocks: int


class LGATrSlimTagger(nn.Module):
    """Logits (B, 2) from four-momenta (B, P, 4) in GeV and mask (B, P): items are a vector and two scalars each.

    Invariant as `LGATrTagger`, whose spurions it has, and under reflections too. Logits are means over real items.
    """

    autocast = True  # the package keeps products of vectors in float32
    spurions: Tensor

    def __init__(self, shape: LGATrShape, *, time_reference: bool = False) -> None:
        super().__init__()
        self.register_buffer("spurions", reference_vectors(time_reference), persistent=False)
        self.net = LGATrSlim(
            num_blocks=shape.blocks,
            in_v_channels=1,
            out_v_channels=0,
            hidden_v_channels=shape.multivectors,
            in_s_channels=2,
            out_s_channels=2,
            hidden_s_channels=shape.scalars,
            num_heads=shape.heads,
        )

    def forward(
        self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None, *, spurions: Tensor | None = None
    ) -> Tensor:
        """spurions: (B or 1, S, 4), in place of the references along z and the time axis."""
        references = self.spurions if spurions is None else spurions
        p, items, is_reference = with_references(four_momenta, mask, references, GEV)
        dtype = self.net.linear_out.linear_s.weight.dtype
        one_hot = torch.stack([~is_reference, is_reference], dim=-1).to(dtype)
        _, out = self.net(p.to(dtype).unsqueeze(-2), one_hot, **attention_mask(items))
        logits = out * items.unsqueeze(-1)
        return cast(Tensor, logits.sum(dim=1) / items.sum(dim=1, keepdim=True))


class LGATrTagger(nn.Module):
    """Logits (B, classes) from four-momenta (B, P, 4) in GeV and mask (B, P).

    Invariant under proper orthochronous Lorentz transformations of constituents and spurions alike.

    spurions        (S, 4) buffer in units of 20 GeV: the beams (1, 0, 0, ±1), and (1, 0, 0, 0) with `time_reference`
    time_reference  unless it is transformed with the jet, it breaks the symmetry to rotations about the beam
    """

    autocast = True  # the package keeps operations on multivectors in float32
    spurions: Tensor

    def __init__(self, shape: LGATrShape, *, time_reference: bool = False, classes: int = 2) -> None:
        super().__init__()
        self.register_buffer("spurions", reference_vectors(time_reference), persistent=False)
        self.net = LGATr(
            num_blocks=shape.blocks,
            in_mv_channels=1,
            out_mv_channels=classes,
            hidden_mv_channels=shape.multivectors,
            in_s_channels=2,
            out_s_channels=0,
            hidden_s_channels=shape.scalars,
            attention={"num_heads": shape.heads, "attn_ratio": 2},
            mlp={"mlp_ratio": 2},
        )

    def forward(
        self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None, *, spurions: Tensor | None = None
    ) -> Tensor:
        """spurions: (B or 1, S, 4), in place of the references along z and the time axis."""
        multivectors, scalars, items = self.inputs(four_momenta, mask, spurions)
        out, _ = self.net(multivectors, scalars, **attention_mask(items))
        logits = extract_scalar(out)[..., 0] * items.unsqueeze(-1)
        return cast(Tensor, logits.sum(dim=1) / items.sum(dim=1, keepdim=True))

    def inputs(self, four_momenta: Tensor, mask: Tensor, spurions: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Multivectors (B, S + P, 1, 16), scalars (B, S + P, 2) and which items are real (B, S + P)."""
        dtype = next(self.net.parameters()).dtype
        p, items, is_reference = with_references(
            four_momenta, mask, self.spurions if spurions is None else spurions, GEV
        )
        one_hot = torch.stack([~is_reference, is_reference], dim=-1).to(dtype)
        return embed_vector(p.to(dtype)).unsqueeze(-2), one_hot, items


def with_references(four_momenta: Tensor, mask: Tensor, spurions: Tensor, unit: float) -> tuple[Tensor, Tensor, Tensor]:
    """References and then constituents over `unit`, (B, S + P, 4) float64; real items; which are references.

    Columns that are padding in every jet are dropped, except one.
    """
    last = int((mask * torch.arange(1, mask.shape[1] + 1, device=mask.device)).amax()) if mask.numel() else 0
    last = max(last, 1)
    mask, p = mask[:, :last], four_momenta[:, :last].double() / unit * mask[:, :last].unsqueeze(-1)
    references = spurions.double().expand(len(p), *spurions.shape[-2:])
    items = torch.cat([mask.new_ones(references.shape[:2]), mask], dim=1)
    first = torch.arange(items.shape[1], device=mask.device) < references.shape[1]
    return torch.cat([references, p], dim=1), items, first.expand_as(items)


def attention_mask(items: Tensor) -> dict[str, Any]:
    """Arguments for the attention of the packages, so that no item attends to padding; none without padding.

    A jet without items attends to its padding: attention to no item is not a number.
    """
    allowed = items | ~items.any(dim=1, keepdim=True)
    return {} if bool(allowed.all()) else {"attn_mask": allowed[:, None, None, :]}
