"""LLoCa: local frames from the authors' package `lloca`, predicted equivariantly, around a backbone.

A small network predicts vectors of each constituent from all items, references included; polar decomposition gives a
Lorentz frame. The components of a constituent in its own frame are invariant under the group of the frames. Backbones:
the package's transformer, with the components of a constituent and of its jet as inputs, or ParticleNet or ParT of this
project, with their usual features in the local frames. Messages are transformed from frame to frame. Frames and the
inputs of their network are float64; everything after them has the precision of the backbone.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import Literal, cast

import torch
from torch import Tensor, nn

from symbench.classifiers.nets.lgatr import GEV, attention_mask, reference_vectors, with_references
from symbench.classifiers.nets.local_frames import LocalFrames
from symbench.classifiers.nets.part import ParticleTransformer
from symbench.classifiers.nets.particlenet import ParticleNet
from symbench.classifiers.nets.rows import occupied
from symbench.classifiers.training.precision import in_full_precision

with warnings.catch_warnings():  # torch_geometric, which lloca imports, uses torch's deprecated scripting
    warnings.simplefilter("ignore", DeprecationWarning)
    from lloca.backbone.transformer import Transformer
    from lloca.equivectors.mlp import MLPVectors
    from lloca.framesnet import equi_frames
    from lloca.framesnet.frames import Frames
    from lloca.framesnet.nonequi_frames import IdentityFrames

Backbone = ParticleNet | ParticleTransformer
FrameGroup = Literal["identity", "so2", "beam", "so3", "so13"]

_FRAMES = {
    "so2": equi_frames.LearnedSO2Frames,
    "beam": equi_frames.LearnedZFrames,
    "so3": equi_frames.LearnedSO3Frames,
    "so13": equi_frames.LearnedPDFrames,
}
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


class LocalFramesNet(nn.Module):
    """The frames of constituents, and the references of the network that predicts them.

    Equivariant, if the references are transformed with the jet, under: `so13` proper orthochronous Lorentz
    transformations; `so3` rotations; `so2` rotations about the beam; `beam` these and boosts along it. `identity`: the
    frames are those of the laboratory, and nothing is predicted.

    spurions        (S, 4) buffer in units of 20 GeV: the beams (1, 0, 0, ±1), and (1, 0, 0, 0) with `time_reference`;
                    S = 0 without `beams` and `time_reference`: the symmetry is then one of jets alone
    time_reference  unless it is transformed with the jet, it breaks boosts
    """

    autocast = True  # vectors are transformed between frames in float32
    spurions: Tensor

    def __init__(self, group: FrameGroup, width: int, *, beams: bool, time_reference: bool) -> None:
        super().__init__()
        references = reference_vectors(time_reference)
        self.register_buffer("spurions", references if beams else references[2:], persistent=False)
        self.is_identity = group == "identity"
        if self.is_identity:
            self.frames = IdentityFrames()
            return
        vectors = partial(MLPVectors, num_scalars=2, hidden_channels=width, num_layers_mlp=2)
        predictor = _FRAMES[group](equivectors=vectors)
        block = predictor.equivectors.block
        block.edge_mean.fill_(_EDGE_MEAN)
        block.edge_std.fill_(_EDGE_STD)
        block.edge_inited.fill_(True)
        self.frames = predictor

    def matrices(self, p: Tensor, items: Tensor, is_reference: Tensor, dtype: torch.dtype) -> Tensor:
        """Frames (B, N, 4, 4) of real items; the identity for padding.

        p, items, is_reference: what `with_references` gives, (B, S + P, …)
        dtype                   of the weights
        """
        identity = torch.eye(4, dtype=p.dtype, device=p.device).expand(*items.shape, 4, 4)
        if self.is_identity:
            return identity
        count = items.sum(dim=1)
        boundaries = torch.cat([count.new_zeros(1), count.cumsum(0)])
        kind = torch.stack([~is_reference, is_reference], dim=-1)[items]
        listed = self.frames(p[items], scalars=kind.to(dtype), ptr=boundaries).matrices
        return identity.flatten(0, 1).index_copy(0, items.flatten().nonzero().squeeze(-1), listed).view_as(identity)


class LLoCaTransformer(LocalFramesNet):
    """Logits (B, 2) from four-momenta (B, P, 4) in GeV and mask (B, P), by the package's transformer."""

    def __init__(
        self, shape: LLoCaShape, *, time_reference: bool = False, group: FrameGroup = "so13", beams: bool = True
    ) -> None:
        super().__init__(group, shape.frames, beams=beams, time_reference=time_reference)
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
        matrices = self.matrices(p, items, is_reference, dtype)
        count = int(is_reference[0].sum())
        p, real, matrices = p[:, count:], items[:, count:], matrices[:, count:]
        jet = p.sum(dim=1)
        vectors = torch.stack([p, jet.unsqueeze(1).expand_as(p)], dim=2)
        local = torch.einsum("bnij,bnvj->bnvi", matrices, vectors).flatten(2)
        components = torch.asinh(local).to(dtype) * real.unsqueeze(-1)
        empty = ~real.any(dim=1, keepdim=True)  # without a rest frame: it gets the momentum (1, 0, 0, 0)
        rest = torch.cat([empty, empty.expand(-1, 3) & False], dim=1)
        frames = Frames(
            matrices.to(dtype),
            is_identity=self.is_identity,
            is_global=self.is_identity,
            shape=p.shape[:-1],
            device=p.device,
            dtype=dtype,
        )
        return components, frames, (jet + rest).to(dtype)


class LLoCaBackbone(LocalFramesNet):
    """Logits (B, C) from four-momenta (B, P, 4) in GeV and mask (B, P), by a network of this project in local frames.

    With `identity` it is that network itself.
    """

    def __init__(
        self,
        backbone: Backbone,
        frames_width: int,
        *,
        group: FrameGroup = "so13",
        beams: bool = True,
        time_reference: bool = False,
    ) -> None:
        super().__init__(group, frames_width, beams=beams, time_reference=time_reference)
        self.net = backbone

    def forward(
        self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None, *, spurions: Tensor | None = None
    ) -> Tensor:
        """spurions: (B or 1, S, 4), in place of the references along z and the time axis."""
        if self.is_identity:
            return cast(Tensor, self.net(four_momenta, mask))
        if not (self.training and isinstance(self.net, ParticleTransformer) and self.net.dropout):
            four_momenta, mask = occupied(four_momenta, mask)  # dropout masks need the same shape in all processes
        local = self.localised(four_momenta, mask, self.spurions if spurions is None else spurions)
        return cast(Tensor, self.net(four_momenta, mask, local=local))

    @in_full_precision
    def localised(self, four_momenta: Tensor, mask: Tensor, references: Tensor) -> LocalFrames:
        """The constituents in their frames, in GeV."""
        dtype = next(self.net.parameters()).dtype
        matrices = torch.eye(4, dtype=torch.float64, device=mask.device).expand(*mask.shape, 4, 4)
        if bool(mask.any()):
            p, items, is_reference = with_references(four_momenta, mask, references, GEV)
            found = self.matrices(p, items, is_reference, dtype)[:, references.shape[-2] :]
            matrices = torch.cat([found, matrices[:, found.shape[1] :]], dim=1)
        return LocalFrames.of(four_momenta.double(), mask, matrices, GEV)
