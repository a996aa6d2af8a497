"""ParticleNet: edge convolutions over nearest neighbours, first in angle, then in the space of learned features.

The formulation is that of arXiv:1902.08570, with the parameter names of the authors' package. Differences from it:

1. Edges are a list of real ones. The authors' code has neighbours in padding if a jet has at most k constituents, and
   normalises over padding in training.
2. The first linear map of an edge is split: W [xᵢ, xⱼ − xᵢ] = (W₁ − W₂) xᵢ + W₂ xⱼ, two maps of constituents and a sum.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from symbench.classifiers.nets.features import COUNT, FeatureSet, features_of
from symbench.classifiers.nets.local_frames import LocalFrames
from symbench.classifiers.nets.rows import flat, index_of_rows, mean_over, normalised, occupied, spread
from symbench.classifiers.training.precision import in_full_precision


@dataclass(frozen=True)
class _Edges:
    """The neighbours of the M real constituents of a batch.

    real   (M, k) bool: slots that contain a neighbour
    of     (E,) the row of the neighbour in each real slot, in the order of the slots
    """

    real: Tensor
    of: Tensor


class ParticleNet(nn.Module):
    """Logits (B, 2) from four-momenta (B, P, 4) in GeV and mask (B, P).

    convolutions  k and the widths of the three edge layers of each edge convolution
    """

    autocast = True

    def __init__(
        self,
        convolutions: Sequence[tuple[int, Sequence[int]]],
        fc: int,
        *,
        dropout: float = 0.1,
        features: FeatureSet = "kinematic",
    ) -> None:
        super().__init__()
        self.features: FeatureSet = features
        width = COUNT[features]
        self.bn_fts = nn.BatchNorm1d(width)
        self.edge_convs = nn.ModuleList()
        for k, widths in convolutions:
            self.edge_convs.append(EdgeConvolution(k, width, widths))
            width = widths[-1]
        self.fc = nn.Sequential(nn.Sequential(nn.Linear(width, fc), nn.ReLU(), nn.Dropout(dropout)), nn.Linear(fc, 2))

    def forward(
        self,
        four_momenta: Tensor,
        mask: Tensor,
        features: Tensor | None = None,
        *,
        local: LocalFrames | None = None,
    ) -> Tensor:
        """local: frames in which the constituents have their features, with messages carried from frame to frame."""
        if local is None:
            four_momenta, mask = occupied(four_momenta, mask)
            inputs = features_of(self.features, four_momenta, mask)
        else:
            inputs = features_of(self.features, local.p, mask, local.jet)
        inputs = inputs.to(self.bn_fts.weight.dtype)
        points = inputs[..., -2:]
        rows = normalised(self.bn_fts, flat(inputs, mask))
        for index, convolution in enumerate(self.edge_convs):
            rows = convolution(points if index == 0 else spread(rows, mask), rows, mask, local if index else None)
        logits: Tensor = self.fc(mean_over(spread(rows, mask), mask))
        return logits


class EdgeConvolution(nn.Module):
    """ReLU(xᵢ S + mean over the k nearest j of h(xᵢ, xⱼ − xᵢ)), with h three maps, each normalised and rectified."""

    def __init__(self, k: int, width: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.k, self.width = k, width
        self.convs = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in itertools.pairwise((2 * width, *widths)))
        self.bns = nn.ModuleList(nn.BatchNorm1d(w) for w in widths)
        self.has_shortcut = width != widths[-1]
        if self.has_shortcut:
            self.sc = nn.Linear(width, widths[-1], bias=False)
            self.sc_bn = nn.BatchNorm1d(widths[-1])

    def forward(self, points: Tensor, rows: Tensor, mask: Tensor, local: LocalFrames | None = None) -> Tensor:
        """The next rows (M, widths[-1]) from rows (M, width); neighbours are nearest in points (B, P, D).

        local   frames between which the rows of neighbours are carried
        """
        edges = _neighbours(points, mask, self.k)
        first = self.convs[0]
        assert isinstance(first, nn.Linear)
        to_self, to_other = torch.split(first.weight, self.width, dim=1)
        centre = (rows @ (to_self - to_other).T).unsqueeze(1).expand(-1, edges.real.shape[1], -1)
        if local is None:
            other = (rows @ to_other.T).index_select(0, edges.of)
        else:
            receiver = torch.arange(len(rows), device=rows.device).unsqueeze(1).expand_as(edges.real)[edges.real]
            other = local.carried(rows.index_select(0, edges.of), mask, edges.of, receiver) @ to_other.T
        hidden = flat(centre, edges.real) + other
        hidden = normalised(self.bns[0], hidden).relu()
        for linear, norm in zip(list(self.convs)[1:], list(self.bns)[1:], strict=True):
            hidden = normalised(norm, linear(hidden)).relu()
        members = edges.real.sum(dim=1, keepdim=True).clamp_min(1)
        received = spread(hidden, edges.real).sum(dim=1) / members
        shortcut = normalised(self.sc_bn, self.sc(rows)) if self.has_shortcut else rows
        return (shortcut + received).relu()


@in_full_precision  # distances are small differences of large numbers
@torch.no_grad()
def _neighbours(points: Tensor, mask: Tensor, k: int) -> _Edges:
    """The k nearest other constituents of the same jet, or all if there are fewer."""
    points = points.to(torch.promote_types(points.dtype, torch.float32))
    squares = points.square().sum(dim=-1)
    distance = squares.unsqueeze(2) + squares.unsqueeze(1) - 2 * points @ points.transpose(1, 2)
    itself = torch.eye(points.shape[1], dtype=torch.bool, device=points.device)
    distance = distance.masked_fill(itself | ~mask.unsqueeze(1), torch.inf)
    nearest = distance.topk(min(k, points.shape[1]), dim=2, largest=False)
    real = (nearest.values < torch.inf)[mask]
    rows = index_of_rows(mask)
    of = rows.unsqueeze(1).expand_as(distance).gather(2, nearest.indices)[mask]
    return _Edges(real, of[real])
