"""LorentzNet as its authors compute it, with explicit edge lists: a direct transcription to compare with.

After https://github.com/sdogsq/LorentzNet-release (MIT), models/LorentzNet.py, and its data loader's edges, masses
and beams. It differs in nothing that decides a number. With a metric it is the LieGNN of
https://github.com/Rose-STL-Lab/LieGAN, LorentzNet/models.py: the metric is that of norms and products of edges alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def segment_sum(data: Tensor, rows: Tensor, segments: int) -> Tensor:
    return data.new_zeros(segments, data.shape[1]).index_add_(0, rows, data)


def segment_mean(data: Tensor, rows: Tensor, segments: int) -> Tensor:
    count = segment_sum(torch.ones_like(data), rows, segments)
    return segment_sum(data, rows, segments) / count.clamp(min=1)


def normsq4(p: Tensor) -> Tensor:
    squares = p**2
    return 2 * squares[..., 0] - squares.sum(dim=-1)


def dotsq4(p: Tensor, q: Tensor) -> Tensor:
    products = p * q
    return 2 * products[..., 0] - products.sum(dim=-1)


def product(p: Tensor, q: Tensor, metric: Tensor | None) -> Tensor:
    return dotsq4(p, q) if metric is None else torch.einsum("...i,ij,...j->...", p, metric, q)


def psi(x: Tensor) -> Tensor:
    return torch.sign(x) * torch.log(torch.abs(x) + 1)


class LGEB(nn.Module):
    def __init__(
        self, hidden: int, attributes: int, c_weight: float, last_layer: bool, metric: Tensor | None = None
    ) -> None:
        super().__init__()
        self.c_weight, self.last_layer, self.metric = c_weight, last_layer, metric
        self.phi_e = nn.Sequential(
            nn.Linear(hidden * 2 + 2, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
        )
        self.phi_h = nn.Sequential(
            nn.Linear(hidden + hidden + attributes, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
        )
        self.phi_m = nn.Sequential(nn.Linear(hidden, 1), nn.Sigmoid())
        if not last_layer:
            self.phi_x = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1, bias=False))

    def forward(self, h: Tensor, x: Tensor, edges: tuple[Tensor, Tensor], attributes: Tensor) -> tuple[Tensor, Tensor]:
        i, j = edges
        x_diff = x[i] - x[j]
        norms = psi(product(x_diff, x_diff, self.metric).unsqueeze(1))
        dots = psi(product(x[i], x[j], self.metric).unsqueeze(1))
        m = self.phi_e(torch.cat([h[i], h[j], norms, dots], dim=1))
        m = m * self.phi_m(m)
        if not self.last_layer:
            trans = torch.clamp(x_diff * self.phi_x(m), min=-100, max=100)
            x = x + segment_mean(trans, i, x.size(0)) * self.c_weight
        aggregated = torch.cat([h, segment_sum(m, i, h.size(0)), attributes], dim=1)
        return h + self.phi_h(aggregated), x


class AuthorsLorentzNet(nn.Module):
    def __init__(self, hidden: int, layers: int, c_weight: float, dropout: float, metric: Tensor | None = None) -> None:
        super().__init__()
        self.hidden = hidden
        self.embedding = nn.Linear(2, hidden)
        self.LGEBs = nn.ModuleList(LGEB(hidden, 2, c_weight, index == layers - 1, metric) for index in range(layers))
        self.graph_dec = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 2))

    def forward(
        self, scalars: Tensor, x: Tensor, edges: tuple[Tensor, Tensor], node_mask: Tensor, n_nodes: int
    ) -> Tensor:
        h = self.embedding(scalars)
        for block in self.LGEBs:
            h, x = block(h, x, edges, scalars)
        h = (h * node_mask).view(-1, n_nodes, self.hidden)
        logits: Tensor = self.graph_dec(torch.mean(h, dim=1))
        return logits


def authors_inputs(p: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor], Tensor, int]:
    """Scalars, coordinates, edge lists, node mask and nodes a jet, of p (B, P, 4) and mask (B, P)."""
    jets = len(p)
    beams = torch.tensor([[2**0.5, 0, 0, 1], [2**0.5, 0, 0, -1]], dtype=p.dtype).expand(jets, 2, 4)
    x = torch.cat([beams, p * mask.unsqueeze(-1)], dim=1)
    nodes = torch.cat([torch.ones(jets, 2, dtype=torch.bool), mask], dim=1)
    count = nodes.shape[1]
    masses = normsq4(x).abs().sqrt().unsqueeze(-1)
    one_hot = torch.zeros(jets, count, 2, dtype=p.dtype)
    one_hot[:, 2:, 0] = one_hot[:, :2, 1] = 1
    scalars = psi(masses * one_hot)
    rows: list[int] = []
    columns: list[int] = []
    for jet in range(jets):
        for i in range(count):
            for j in range(count):
                if i != j and nodes[jet, i] and nodes[jet, j]:
                    rows.append(jet * count + i)
                    columns.append(jet * count + j)
    edges = torch.tensor(rows), torch.tensor(columns)
    return scalars.view(-1, 2), x.reshape(-1, 4), edges, nodes.view(-1, 1).to(p.dtype), count
