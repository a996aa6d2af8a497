"""LLoCa: local frames from the authors' package `lloca`, predicted equivariantly, around its transformer.

A small network predicts three vectors per constituent from all items, references included; polar decomposition gives a
Lorentz frame. The components of a constituent in its own frame are invariant: they and those of the jet are the inputs
of the transformer, whose attention transforms vectors from frame to frame. Frames and the inputs of their network are
float64; everything after them has the precision of the transformer.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from symbench.classifiers.nets.lgatr import GEV, attention_mask, reference_vectors, with_references
from symbench.classifiers.training.precision import in_full_precision

with warnings.catch_warnings():  # torch_geometric, which lloca imports, uses torch's deprecated scripting
    warnings.simplefilter("ignore", DeprecationWarning)
    from lloca.backbone.transformer import Transformer
    from lloca.equivectors.mlp import MLPVectors
    from lloca.framesnet.equi_frames import LearnedPDFrames
    from lloca.framesnet.frames import Frames

_HEAD = "8x0n+2x1n"  # each attention head: eight scalars and two vectors
_COMPONENTS = 8  # of a constituent and of its jet, in the constituent's frame
# of log m²ᵢⱼ/(20 GeV)² in jets of 600 GeV; the package would measure them on its first batch
_EDGE_MEAN, _EDGE_STD = -5.0, 3.0


@dataclass(frozen=True)
class LLoCaShape:
    """Heads and blocks of the transformer, width of the network that predicts frames."""

    heads: int
    blocks: int
    frames: int


class LLoCaTransformer(nn.Module):
    """Logits (B, 2) from four-momenta (B, P, 4) in GeV and mask (B, P).

    Invariant under proper orthochronous Lorentz transformations of constituents and spurions alike.

    spurions        (S, 4) buffer in units of 20 GeV: the beams (1, 0, 0, ±1), and (1, 0, 0, 0) with `time_reference`
    time_reference  unless it is transformed with the jet, it breaks the symmetry to rotations about the beam
    """

    autocast = True  # the package transforms vectors between frames in float32
    spurions: Tensor

    def __init__(self, shape: LLoCaShape, *, time_reference: bool = False) -> None:
        super().__init__()
        self.register_buffer("spurions", reference_vectors(time_reference), persistent=False)
        vectors = partial(MLPVectors, num_scalars=2, hidden_channels=shape.frames, num_layers_mlp=2)
        self.frames = LearnedPDFrames(equivectors=vectors)
        block = self.frames.equivectors.block
        block.edge_mean.fill_(_EDGE_MEAN)
        block.edge_std.fill_(_EDGE_STD)
        block.edge_inited.fill_(True)
        self.net = Transformer(_COMPONENTS, _HEAD, 2, shape.blocks, shape.heads)

    def forward(
        self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None, *, spurions: Tensor | None = None
    ) -> Tensor:
        """spurions: (B or 1, S, 4), in place of the references along z and the time axis."""
        references = self.spurions if spurions is None else spurions
        p, items, is_reference = with_references(four_momenta, mask, references, GEV)
        if len(p) == 0:  # the share of a process in a small last batch
            return cast(Tensor, self.net.linear_out.bias.expand(0, -1))
        real = items[:, references.shape[-2] :]
        components, frames, jet = self.localised(p, items, is_reference)
        logits = self.net(components, frames, p_ref=jet, **attention_mask(real)) * real.unsqueeze(-1)
        return cast(Tensor, logits.sum(dim=1) / real.sum(dim=1, keepdim=True).clamp_min(1))

    @in_full_precision
    def localised(self, p: Tensor, items: Tensor, is_reference: Tensor) -> tuple[Tensor, Frames, Tensor]:
        """Components (B, P, 8) in local frames, these frames (B, P), and the jets' momenta (B, 4).

        p, items, is_reference: what `with_references` gives, (B, S + P, …)
        """
        dtype = self.net.linear_in.weight.dtype
        matrices = self._frames(p, items, is_reference)
        count = int(is_reference[0].sum())
        p, real, matrices = p[:, count:], items[:, count:], matrices[:, count:]
        jet = p.sum(dim=1)
        vectors = torch.stack([p, jet.unsqueeze(1).expand_as(p)], dim=2)
        local = torch.einsum("bnij,bnvj->bnvi", matrices, vectors).flatten(2)
        components = torch.asinh(local).to(dtype) * real.unsqueeze(-1)
        empty = ~real.any(dim=1, keepdim=True)  # without a rest frame: it gets the momentum (1, 0, 0, 0)
        rest = torch.cat([empty, empty.expand(-1, 3) & False], dim=1)
        return components, Frames(matrices.to(dtype)), (jet + rest).to(dtype)

    def _frames(self, p: Tensor, items: Tensor, is_reference: Tensor) -> Tensor:
        """Frames (B, N, 4, 4) of real items; the identity for padding."""
        count = items.sum(dim=1)
        boundaries = torch.cat([count.new_zeros(1), count.cumsum(0)])
        kind = torch.stack([~is_reference, is_reference], dim=-1)[items]
        listed = self.frames(p[items], scalars=kind.to(self.net.linear_in.weight.dtype), ptr=boundaries).matrices
        identity = torch.eye(4, dtype=listed.dtype, device=p.device).expand(*items.shape, 4, 4)
        return identity.flatten(0, 1).index_copy(0, items.flatten().nonzero().squeeze(-1), listed).view_as(identity)
