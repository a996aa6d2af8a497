"""PELICAN: permutation-equivariant maps on the matrix of inner products (arXiv:2307.16506).

A block is a linear map of the channels of each pair with an activation and a masked batch normalisation, and then the
15 linear maps from pairs to pairs that commute with permutations, mixed over channels. The 15 images together would be
15 times as large as the tensor of pairs. Only two of them, xᵢⱼ and xⱼᵢ, differ for all pairs; the others are sums over
an index, or the diagonal, broadcast to pairs:

    outᵢⱼ = A xᵢⱼ + B xⱼᵢ + uᵢ + vⱼ + δᵢⱼ tᵢ + c

so channels are mixed on (B, N) or (B,) first and broadcast afterwards. Pairs are a list of real ones. Inner products
are float64 for weights of any precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from symbench.classifiers.nets.lorentznet import BEAMS
from symbench.classifiers.training.precision import in_full_precision

BASIS = 15
AVERAGE_NODES = 49.0  # mean multiplicity of the reference data set, the unit of multiplicities
_ALPHAS = (0.05, 0.5)  # range of the encoder's first exponents
_SMALLEST = 1e-6  # of α²
_TIME_AND_Z = ((1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
_PUBLISHED_LABELS = 10


@dataclass(frozen=True)
class Pairs:
    """The real ordered pairs (b, i, j) of a batch, i = j among them, in this order.

    shape     B, N
    rows      (M,) their rows in (B·N·N)
    first     (M,) b·N + i
    diagonal  (M,) whether i = j
    swapped   (M,) where (b, j, i) lies
    count     (B, 1) real nodes, at least 1
    """

    shape: tuple[int, int]
    rows: Tensor
    first: Tensor
    diagonal: Tensor
    swapped: Tensor
    count: Tensor

    @classmethod
    def of(cls, nodes: Tensor, dtype: torch.dtype) -> Pairs:
        """nodes: (B, N) bool."""
        jets, n = nodes.shape
        real = nodes.unsqueeze(2) & nodes.unsqueeze(1)
        rows = real.flatten().nonzero().squeeze(-1)
        place = torch.zeros(real.numel(), dtype=torch.int64, device=nodes.device)
        place[rows] = torch.arange(len(rows), device=nodes.device)
        first = torch.div(rows, n, rounding_mode="floor")
        jet, j = torch.div(first, n, rounding_mode="floor"), rows % n
        i = first % n
        count = nodes.sum(dim=1, keepdim=True).clamp_min(1).to(dtype)
        return cls((jets, n), rows, first, i == j, place[(jet * n + j) * n + i], count)

    def dense(self, listed: Tensor) -> Tensor:
        """(M, C) to (B, N, N, C), zero elsewhere."""
        jets, n = self.shape
        empty = listed.new_zeros(jets * n * n, listed.shape[1])
        return empty.index_copy(0, self.rows, listed).view(jets, n, n, listed.shape[1])

    def listed(self, first: Tensor, second: Tensor) -> Tensor:
        """uᵢ + vⱼ of every pair, (M, C), from (B, N, C).

        Computed for all pairs, and then selected: gradients are then reproducible to the bit.
        """
        return (first.unsqueeze(2) + second.unsqueeze(1)).flatten(0, 2)[self.rows]


class Pelican(nn.Module):
    """Logits (B, 2) from four-momenta (B, P, 4) in GeV and mask (B, P); Lorentz invariant with its spurions.

    spurions   (S, 4) buffer: the beam particles [√2, 0, 0, ±1], labelled as such, which precede the constituents
    width      channels of pairs between blocks; `message` is their number inside of blocks
    published  the form of the authors' code: the spurions are the time axis and the beam axis z, labelled apart; ten of
               the first channels are labels, after LeakyReLU; a linear map makes the other channels from the product of
               each pair, before the encoder; and LeakyReLU follows the last linear map instead of preceding it
    """

    autocast = True
    spurions: Tensor

    def __init__(self, width: int, message: int, blocks: int, *, dropout: float, published: bool = False) -> None:
        super().__init__()
        self.published = published
        references = _TIME_AND_Z if published else BEAMS
        self.register_buffer("spurions", torch.tensor(references, dtype=torch.float64), persistent=False)
        labels = _PUBLISHED_LABELS if published else width // 2
        self.encoder = nn.Parameter(torch.linspace(*_ALPHAS, width - labels))
        self.labels = NodesToPairs(1 + len(references) if published else 2, labels)
        if published:
            self.products = nn.Linear(1, width - labels)
            nn.init.ones_(self.products.weight)
            nn.init.zeros_(self.products.bias)
        self.blocks = nn.ModuleList(PelicanBlock(width, message, dropout) for _ in range(blocks))
        self.last = Message(width, message, dropout)
        self.summary = PairsToJet(message, width)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, 2)

    def forward(
        self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None, *, spurions: Tensor | None = None
    ) -> Tensor:
        """spurions: (B or 1, S, 4), in place of the beams along z."""
        dtype = self.head.weight.dtype
        last = int((mask * torch.arange(1, mask.shape[1] + 1, device=mask.device)).amax()) if mask.numel() else 0
        four_momenta, mask = (
            four_momenta[:, :last],
            mask[:, :last],
        )  # drop columns of padding
        beams = (self.spurions if spurions is None else spurions).double().expand(len(mask), -1, 4)
        p = torch.cat([beams, four_momenta.double() * mask.unsqueeze(-1)], dim=1)
        nodes = torch.cat([mask.new_ones(len(mask), beams.shape[1]), mask], dim=1)
        is_beam = (torch.arange(nodes.shape[1], device=p.device) < beams.shape[1]).expand_as(nodes)
        pairs = Pairs.of(nodes, dtype)
        products = (p * p.new_tensor([1.0, -1.0, -1.0, -1.0])) @ p.transpose(1, 2)
        listed = products.flatten()[pairs.rows].to(dtype).unsqueeze(1)
        kinds = [nodes & ~is_beam, is_beam]
        if self.published:
            listed = self.products(listed)
            kinds[1:] = [is_beam & (torch.arange(nodes.shape[1], device=p.device) == k) for k in range(beams.shape[1])]
        labelled = self.labels(torch.stack(kinds, dim=-1).to(dtype), pairs)
        x = torch.cat([encode(listed, self.encoder), leaky_relu(labelled) if self.published else labelled], dim=1)
        for block in self.blocks:
            x = block(x, pairs)
        summary = self.summary(self.last(x), pairs)
        if self.published:
            return leaky_relu(cast(Tensor, self.head(self.dropout(summary))))
        return cast(Tensor, self.head(self.dropout(leaky_relu(summary))))


@in_full_precision
def encode(x: Tensor, alphas: Tensor) -> Tensor:
    """sign(x) ((1 + |x|)^(α²) − 1)/α², (M, C) of x (M, 1 or C) and α (C,)."""
    power = alphas**2 + _SMALLEST
    return x.sign() * torch.expm1(torch.log1p(x.abs()) * power) / power


class Message(nn.Module):
    """A linear map of the channels of every pair, LeakyReLU, batch normalisation over real pairs, dropout."""

    def __init__(self, width: int, message: int, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(width, message)
        self.norm = nn.BatchNorm1d(message)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.dropout(self.norm(leaky_relu(self.linear(x)))))


class PelicanBlock(nn.Module):
    """Pairs (M, width) to pairs (M, width)."""

    def __init__(self, width: int, message: int, dropout: float) -> None:
        super().__init__()
        self.message = Message(width, message, dropout)
        self.maps = PairsToPairs(message, width)

    def forward(self, x: Tensor, pairs: Pairs) -> Tensor:
        return leaky_relu(self.maps(self.message(x), pairs))


class PairsToPairs(nn.Module):
    """The 15 permutation-equivariant maps, mixed over channels by coefficients that are sums of two products.

    In the order of the weights: xᵢⱼ, xⱼᵢ; δᵢⱼ dᵢ, dⱼ, dᵢ; δᵢⱼ kᵢ, kⱼ, kᵢ; δᵢⱼ rᵢ, rⱼ, rᵢ; D, δᵢⱼ D; S, δᵢⱼ S. Here d is
    the diagonal, r and k are means over the second and the first index, D is the mean of d, and S that over all pairs.
    Each mean is times (N/49)^α with a learnable α.
    """

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.map_in = nn.Parameter(torch.randn(width, BASIS) * BASIS**-0.5)
        self.map_out = nn.Parameter(torch.randn(out, BASIS) * BASIS**-0.5)
        self.mix_in = nn.Parameter(torch.randn(width, out) * width**-0.5)
        self.mix_out = nn.Parameter(torch.randn(width, out) * width**-0.5)
        self.alphas = nn.Parameter(torch.rand(width, 10))
        self.bias = nn.Parameter(torch.zeros(out))
        self.diagonal_bias = nn.Parameter(torch.zeros(out))

    def coefficients(self) -> Tensor:
        """(15, width, out)."""
        first = self.map_in.T.unsqueeze(2) * self.mix_in
        return first + self.map_out.T.unsqueeze(1) * self.mix_out

    def forward(self, x: Tensor, pairs: Pairs) -> Tensor:
        """x: (M, width)."""
        w = self.coefficients()
        multiplicity = (pairs.count / AVERAGE_NODES).unsqueeze(-1) ** self.alphas.T  # (B, 10, width)
        dense = pairs.dense(x)
        n = pairs.count.unsqueeze(-1)
        diagonal = torch.diagonal(dense, dim1=1, dim2=2).transpose(1, 2)
        of_columns, of_rows = dense.sum(dim=1) / n, dense.sum(dim=2) / n
        of_diagonal, of_all = diagonal.sum(dim=1, keepdim=True) / n, of_rows.sum(dim=1, keepdim=True) / n

        def laid_out(on_diagonal: int, columns: int, rows: int) -> Tensor:
            """Diagonal, column and row means times their coefficients, (B, N, out); arguments number the maps."""
            terms = (
                diagonal,
                of_columns * multiplicity[:, None, columns - 5],
                of_rows * multiplicity[:, None, rows - 5],
            )
            return torch.cat(terms, dim=-1) @ torch.cat([w[on_diagonal], w[columns], w[rows]])

        def everywhere(diagonal_mean: int, mean: int) -> Tensor:
            terms = (
                of_diagonal * multiplicity[:, None, diagonal_mean - 5],
                of_all * multiplicity[:, None, mean - 5],
            )
            return torch.cat(terms, dim=-1) @ torch.cat([w[diagonal_mean], w[mean]])

        second = laid_out(3, 6, 9)
        first = laid_out(4, 7, 10) + everywhere(11, 13) + self.bias
        on_diagonal = laid_out(2, 5, 8) + everywhere(12, 14) + self.diagonal_bias
        out = torch.addmm(pairs.listed(first, second), x, w[0])
        out = torch.addmm(out, x[pairs.swapped], w[1])
        where = pairs.diagonal.nonzero().squeeze(-1)
        return out.index_add(0, where, on_diagonal.flatten(0, 1)[pairs.first[where]].to(out.dtype))


class NodesToPairs(nn.Module):
    """The five equivariant maps from nodes to pairs: δᵢⱼ sᵢ, sⱼ, sᵢ, δᵢⱼ s̄, s̄, each times (N/49)^α."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.coefficients = nn.Parameter(torch.randn(5, width, out) * (2 / (5 * width)) ** 0.5)
        self.alphas = nn.Parameter(torch.zeros(5, width))
        self.bias = nn.Parameter(torch.zeros(out))

    def forward(self, nodes: Tensor, pairs: Pairs) -> Tensor:
        """nodes (B, N, width), zero in padding, to pairs (M, out)."""
        multiplicity = (pairs.count / AVERAGE_NODES).unsqueeze(-1) ** self.alphas  # (B, 5, width)
        mean = (nodes.sum(dim=1) / pairs.count).unsqueeze(1).expand_as(nodes)
        diagonal, second, first, mean_diagonal, everywhere = (
            (mean if k > 2 else nodes) * multiplicity[:, None, k] @ self.coefficients[k] for k in range(5)
        )
        out = pairs.listed(first + everywhere + self.bias, second)
        where = pairs.diagonal.nonzero().squeeze(-1)
        return out.index_add(0, where, (diagonal + mean_diagonal).flatten(0, 1)[pairs.first[where]].to(out.dtype))


class PairsToJet(nn.Module):
    """The two invariant maps from pairs to the jet: the means of all pairs and of the diagonal, each times (N/49)^α."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(2 * width, out)
        self.alphas = nn.Parameter(torch.rand(2, width))

    def forward(self, x: Tensor, pairs: Pairs) -> Tensor:
        """(M, width) to (B, out)."""
        dense = pairs.dense(x)
        both = torch.stack([dense.sum(dim=(1, 2)) / pairs.count, torch.diagonal(dense, dim1=1, dim2=2).sum(dim=2)], 1)
        multiplicity = (pairs.count / AVERAGE_NODES).unsqueeze(-1) ** self.alphas
        means = both / pairs.count.unsqueeze(-1) * multiplicity
        return cast(Tensor, self.linear(leaky_relu(means.flatten(1))))
