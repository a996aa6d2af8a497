"""Particle Transformer (ParT): attention with a bias from the angle, kT, momentum sharing and mass of each pair.

The formulation is that of arXiv:2202.03772, with the parameter names of the first version of the authors' package.
`pair_activation` is the form of the published configurations; without it, that package's default.
Differences from that package, all in the computation:

1. Pair features are float64 for weights of any precision. The mass of a pair, a small difference of large numbers, is
   computed from rapidities and azimuths, without cancellation.
2. Batch normalisation is over real constituents and pairs only.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from symbench.classifiers.nets.attention import AttentionBlock, key_bias
from symbench.classifiers.nets.features import COUNT, FeatureSet, features_of, transverse
from symbench.classifiers.nets.local_frames import LocalFrames
from symbench.classifiers.nets.rows import flat, normalised, occupied, spread
from symbench.classifiers.training.precision import in_full_precision

PAIR_FEATURES = 4
_SMALLEST = 1e-8


class ParticleTransformer(nn.Module):
    """Logits (B, 2) from four-momenta (B, P, 4) in GeV and mask (B, P).

    embedding    widths of the layers for constituents; the last is the width of the blocks
    pairs        widths of the layers for pairs, before the last one, which has an output per head
    layers       number of blocks of constituents, and number of blocks of the class token
    pair_activation  a GELU after the last layer for pairs: the bias of attention is at least −0.17
    """

    autocast = True

    def __init__(
        self,
        embedding: Sequence[int],
        pairs: Sequence[int],
        heads: int,
        layers: tuple[int, int],
        *,
        dropout: float = 0.1,
        features: FeatureSet = "kinematic",
        pair_activation: bool = True,
    ) -> None:
        super().__init__()
        self.features: FeatureSet = features
        self.dropout = dropout
        width = embedding[-1]
        self.embed = Embedding(COUNT[features], embedding)
        self.pair_embed = PairEmbedding((*pairs, heads), activation=pair_activation)
        self.blocks = nn.ModuleList(AttentionBlock(width, heads, dropout, normformer=True) for _ in range(layers[0]))
        self.cls_blocks = nn.ModuleList(AttentionBlock(width, heads, 0.0, normformer=True) for _ in range(layers[1]))
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.norm = nn.LayerNorm(width)
        self.fc = nn.Sequential(nn.Linear(width, 2))
        self._initialise()

    def forward(
        self,
        four_momenta: Tensor,
        mask: Tensor,
        features: Tensor | None = None,
        *,
        local: LocalFrames | None = None,
    ) -> Tensor:
        """local: frames in which constituents and pairs have their features, and between which vectors are sent."""
        if local is not None:
            four_momenta = local.p
        elif not (self.training and self.dropout):  # dropout masks need the same shape in all processes
            four_momenta, mask = occupied(four_momenta, mask)
        dtype = self.norm.weight.dtype
        jet = None if local is None else local.jet
        x = self.embed(features_of(self.features, four_momenta, mask, jet).to(dtype), mask).to(dtype)
        bias = self.pair_embed(four_momenta, mask) + key_bias(mask, dtype)
        for block in self.blocks:
            x = block(x, bias, local=local)
        token = self.cls_token.expand(len(x), -1, -1)
        bias = key_bias(mask, dtype, token=True)
        for block in self.cls_blocks:
            token = block(x, bias, token)
        logits: Tensor = self.fc(self.norm(token.squeeze(1)))
        return logits

    @torch.no_grad()
    def _initialise(self) -> None:
        """As the authors' package: Xavier weights, zero biases, and smaller last layers in deeper blocks."""
        nn.init.trunc_normal_(self.cls_token, std=0.02)
        for module in (self.embed, self.blocks, self.cls_blocks, self.fc):
            for name, layer in module.named_modules():
                if isinstance(layer, nn.Linear):
                    parts = layer.weight.chunk(3) if name.endswith("in_proj") else (layer.weight,)
                    for part in parts:
                        nn.init.xavier_uniform_(part)
                    nn.init.zeros_(layer.bias)
        for depth, block in enumerate(self.blocks, start=1):
            assert isinstance(block, AttentionBlock)
            for layer in (block.attn.out_proj, block.fc2):
                layer.weight.div_(math.sqrt(2.0 * depth))


class Embedding(nn.Module):
    """Features (B, P, F) to (B, P, widths[-1]), zero for padding: batch normalisation, then LN–Linear–GELU layers."""

    def __init__(self, inputs: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.input_bn = nn.BatchNorm1d(inputs)
        maps: list[nn.Module] = []
        for before, after in itertools.pairwise((inputs, *widths)):
            maps += [nn.LayerNorm(before), nn.Linear(before, after), nn.GELU()]
        self.embed = nn.Sequential(*maps)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        return spread(self.embed(normalised(self.input_bn, flat(features, mask))), mask)


class PairEmbedding(nn.Module):
    """The bias (B, heads, P, P) of attention from the features of each pair, including a constituent with itself."""

    def __init__(self, widths: Sequence[int], *, activation: bool) -> None:
        super().__init__()
        self.heads = widths[-1]
        maps: list[nn.Module] = [nn.BatchNorm1d(PAIR_FEATURES)]
        for before, after in itertools.pairwise((PAIR_FEATURES, *widths)):
            maps += [nn.Linear(before, after), nn.BatchNorm1d(after), nn.GELU()]
        self.embed = nn.Sequential(*(maps if activation else maps[:-1]))

    def forward(self, four_momenta: Tensor, mask: Tensor) -> Tensor:
        size = mask.shape[1]
        i, j = torch.tril_indices(size, size, device=mask.device)
        real = mask[:, i] & mask[:, j]
        first = self.embed[0]
        assert isinstance(first, nn.BatchNorm1d)
        rows = flat(pair_features(four_momenta, mask, i, j), real).to(first.weight.dtype)
        for layer in self.embed:
            rows = normalised(layer, rows) if isinstance(layer, nn.BatchNorm1d) else layer(rows)
        # for each entry of the matrix, the index of its pair in the list of pairs below the diagonal
        place = torch.empty(size, size, dtype=torch.int64, device=mask.device)
        place[i, j] = place[j, i] = torch.arange(len(i), device=mask.device)
        bias = spread(rows, real).transpose(1, 2)
        return bias.index_select(2, place.flatten()).view(len(mask), self.heads, size, size)


@in_full_precision
def pair_features(four_momenta: Tensor, mask: Tensor, i: Tensor, j: Tensor) -> Tensor:
    """ln kT, ln z, ln ΔR and ln m² (B, pairs, 4) of pairs (i, j); any finite numbers where one is padding.

    ΔR² = Δy² + Δφ², kT = min(pTᵢ, pTⱼ) ΔR, z = min(pTᵢ, pTⱼ)/(pTᵢ + pTⱼ), and
    m² = mᵢ² + mⱼ² + 2 (mTᵢ mTⱼ − pTᵢ pTⱼ) cosh Δy + 4 pTᵢ pTⱼ (sinh² Δy/2 + sin² Δφ/2),
    each at least 1e-8 before the logarithm, in GeV. All are unchanged by rotations about and boosts along the beam.
    """
    neutral = torch.tensor([1.0, 1.0, 0.0, 0.0], dtype=torch.float64, device=mask.device)
    pt, mass, rapidity, phi = transverse(torch.where(mask.unsqueeze(-1), four_momenta.double(), neutral))
    transverse_mass = (pt**2 + mass).sqrt()
    smaller, product = torch.minimum(pt[:, i], pt[:, j]), pt[:, i] * pt[:, j]
    d_y = rapidity[:, i] - rapidity[:, j]
    d_phi = torch.remainder(phi[:, i] - phi[:, j] + torch.pi, 2 * torch.pi) - torch.pi
    angle = d_y**2 + d_phi**2
    heavy = transverse_mass[:, i] * transverse_mass[:, j] - product
    light = torch.sinh(d_y / 2) ** 2 + torch.sin(d_phi / 2) ** 2
    squared = mass[:, i] + mass[:, j] + 2 * heavy * torch.cosh(d_y) + 4 * product * light
    return torch.stack(
        [
            0.5 * (smaller**2 * angle).clamp_min(_SMALLEST**2).log(),
            (smaller / (pt[:, i] + pt[:, j])).clamp_min(_SMALLEST).log(),
            0.5 * angle.clamp_min(_SMALLEST**2).log(),
            squared.clamp_min(_SMALLEST).log(),
        ],
        dim=-1,
    )
