"""EMLP: multilayer perceptrons that are equivariant under any matrix group (arXiv:2104.09459).

Features are tensors with multiplicities m = (m₀, m₁, …): m_r tensors of rank r, stored as (B, Σ d^r m_r) with blocks of
(component, channel). Differences from the authors' package:

1. a linear layer has r · m_p · m_q parameters, coefficients of an orthonormal basis of invariants; the package projects
   a matrix of (Σ d^r m_r)² parameters in every step;
2. the bilinear layer multiplies K pairs of mixed channels: scalars with tensors, and tensors by every invariant map
   T_p ⊗ T_q → T_s with p + q + s ≤ 4, such as x·y and x ⊗ y; the package reads a tensor as a linear map and applies it
   to random channels;
3. tensors have upper indices only, which is the same for all groups that preserve a metric.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations_with_replacement, pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, silu

from symbench.algebra.representations import invariants

if TYPE_CHECKING:
    from symbench.algebra.representations import MatrixGroup
    from symbench.data.signature import Signature

BILINEAR_SCALE = 0.1
INITIAL_GAIN = 0.3
"""Standard deviation of a linear layer's output at the beginning, for inputs of variance 1. The authors' own, of a
projection of orthogonal matrices, is as small for tensors; with 1, small samples are fitted with large errors between
them (one run of lorentz-amplitude at 100 events: MSE 0.063 in place of 0.011)."""

_BILINEAR_RANK = 4  # largest p + q + s of the bilinear layer

Multiplicities = tuple[int, ...]


class InvariantMaps(nn.Module):
    """The maps T_p → T_q of a group in float64, (r, d^q, d^p), of Frobenius norm √d^q each."""

    maps: Tensor

    def __init__(self, group: MatrixGroup, q: int, p: int) -> None:
        super().__init__()
        found = invariants(group, q, p).maps
        self.register_buffer("maps", torch.from_numpy(found) * math.sqrt(group.dimension**q), persistent=False)

    def __len__(self) -> int:
        return int(self.maps.shape[0])


def maps_of(modules: nn.ModuleDict, name: str) -> Tensor:
    """The maps that a layer keeps under this name, (r, d^q, d^p) in float64."""
    held = modules[name]
    assert isinstance(held, InvariantMaps)
    return held.maps


class EquivariantLinear(nn.Module):
    """y^{(q)}_o = Σ_p Σ_{r,i} c_{r,o,i} Q_r x^{(p)}_i + bias: the general equivariant linear layer."""

    def __init__(self, group: MatrixGroup, inputs: Multiplicities, outputs: Multiplicities) -> None:
        super().__init__()
        d = group.dimension
        self.rows = [d**q * m for q, m in enumerate(outputs)]
        self.columns = [d**p * m for p, m in enumerate(inputs)]
        self.maps = nn.ModuleDict()
        self.coefficients = nn.ParameterDict()
        for q, m_q in enumerate(outputs):
            used = {p: InvariantMaps(group, q, p) for p, m in enumerate(inputs) if m and m_q}
            used = {p: maps for p, maps in used.items() if len(maps)}
            for p, maps in used.items():
                deviation = INITIAL_GAIN / math.sqrt(len(used) * inputs[p] * len(maps))
                self.maps[f"{q}_{p}"] = maps
                self.coefficients[f"{q}_{p}"] = nn.Parameter(deviation * torch.randn(len(maps), m_q, inputs[p]))
            constant = InvariantMaps(group, q, 0)
            if m_q and len(constant):
                self.maps[f"bias_{q}"] = constant
                self.coefficients[f"bias_{q}"] = nn.Parameter(torch.zeros(len(constant), m_q, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, Σ d^p m_p) to (B, Σ d^q m_q)."""
        weights, biases = [], []
        for q, rows in enumerate(self.rows):
            if not rows:
                continue
            blocks = [self._block(f"{q}_{p}", rows, columns, x) for p, columns in enumerate(self.columns) if columns]
            weights.append(torch.cat(blocks, dim=1))
            biases.append(self._block(f"bias_{q}", rows, 1, x)[:, 0])
        return linear(x, torch.cat(weights), torch.cat(biases))

    def _block(self, name: str, rows: int, columns: int, x: Tensor) -> Tensor:
        if name not in self.coefficients:
            return x.new_zeros(rows, columns)
        coefficients, maps = self.coefficients[name], maps_of(self.maps, name).to(x.dtype)
        r, m_q, m_p = coefficients.shape
        mixed: Tensor = maps.reshape(r, -1).T @ coefficients.reshape(r, -1)
        return mixed.reshape(*maps.shape[1:], m_q, m_p).transpose(1, 2).reshape(rows, columns)


class EquivariantBilinear(nn.Module):
    """0.1 Σ c_{r,o,k} Q_r (u_k ⊗ v_k), u and v of K mixed channels each, for all ranks p + q + s ≤ 4."""

    def __init__(self, group: MatrixGroup, channels: Multiplicities, products: int) -> None:
        super().__init__()
        self.dimension, self.channels = group.dimension, channels
        ranks = [rank for rank, m in enumerate(channels) if m]
        self.maps = nn.ModuleDict()
        self.triples: list[tuple[int, int, int]] = []
        for p, q in combinations_with_replacement(ranks, 2):
            if p == 0:  # a scalar multiplies a tensor; all else that it could do is linear
                self.triples.append((0, q, q))
                continue
            for s in ranks:
                if p + q + s <= _BILINEAR_RANK and len(maps := InvariantMaps(group, s, p + q)):
                    self.maps[f"{p}_{q}_{s}"] = maps
                    self.triples.append((p, q, s))
        # of tensors, no more pairs than there are channels: products of high ranks are the most expensive part
        self.pairs = {triple: min([products, *(channels[r] for r in triple if r)]) for triple in self.triples}
        self.uses = {rank: [k for triple, k in self.pairs.items() for r in triple[:2] if r == rank] for rank in ranks}
        self.mixing = nn.ParameterDict(
            {
                str(rank): nn.Parameter(torch.randn(channels[rank], sum(uses)) / math.sqrt(channels[rank]))
                for rank, uses in self.uses.items()
                if uses
            }
        )
        self.outputs = nn.ParameterDict()
        for rank in ranks:
            terms = sum(self.pairs[triple] * self._maps_of(triple) for triple in self.triples if triple[2] == rank)
            if terms:
                scale = BILINEAR_SCALE / math.sqrt(terms)
                self.outputs[str(rank)] = nn.Parameter(scale * torch.randn(terms, channels[rank]))

    def _maps_of(self, triple: tuple[int, int, int]) -> int:
        """The number of maps T_p ⊗ T_q → T_s that are used."""
        name = "_".join(map(str, triple))
        return len(maps_of(self.maps, name)) if name in self.maps else 1

    def forward(self, x: Tensor) -> Tensor:
        """(B, Σ d^r m_r) to the same."""
        d, batch = self.dimension, len(x)
        # components first, (d^r, B, m_r): every contraction is then one product of matrices over all events
        tensors = [tensor.transpose(0, 1) for tensor in split(x, self.channels, d)]
        mixed = {
            rank: list((tensors[rank] @ self.mixing[str(rank)]).split(uses, dim=-1))[::-1]
            for rank, uses in self.uses.items()
            if uses
        }
        found: dict[int, list[Tensor]] = {}
        for p, q, s in self.triples:
            u, v = mixed[p].pop(), mixed[q].pop()
            if p == 0:
                found.setdefault(s, []).append(u * v)
                continue
            mapped = _contracted(maps_of(self.maps, f"{p}_{q}_{s}").to(x.dtype), u, v)
            found.setdefault(s, []).append(mapped.permute(1, 2, 0, 3).reshape(d**s, batch, -1))
        parts = [
            (torch.cat(found[rank], dim=-1) @ self.outputs[str(rank)]).transpose(0, 1).flatten(1)
            if rank in found
            else x.new_zeros(batch, d**rank * m)
            for rank, m in enumerate(self.channels)
            if m
        ]
        return torch.cat(parts, dim=1)


def _contracted(maps: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Q_r (u_k ⊗ v_k), maps (r, d^s, d^p d^q), u (d^p, B, K), v (d^q, B, K), result (r, d^s, B, K).

    The smaller of the intermediate results is chosen: the outer product, or the maps applied to v.
    """
    r, size, _ = maps.shape
    (a, batch, k), b = u.shape, len(v)
    if a * b <= r * size * a:
        outer = (u.unsqueeze(1) * v.unsqueeze(0)).reshape(a * b, batch * k)
        return (maps.reshape(r * size, a * b) @ outer).reshape(r, size, batch, k)
    applied = maps.reshape(r * size * a, b) @ v.reshape(b, batch * k)
    return (applied.reshape(r, size, a, batch, k) * u).sum(dim=2)


class EquivariantBlock(nn.Module):
    """Linear + bilinear, then swish of scalars, and tensors times the sigmoid of a scalar of their own."""

    def __init__(self, group: MatrixGroup, inputs: Multiplicities, outputs: Multiplicities, products: int) -> None:
        super().__init__()
        self.dimension, self.outputs = group.dimension, outputs
        self.gated = (outputs[0] + sum(outputs[1:]), *outputs[1:])
        self.linear = EquivariantLinear(group, inputs, self.gated)
        self.bilinear = EquivariantBilinear(group, self.gated, products)

    def forward(self, x: Tensor) -> Tensor:
        """(B, Σ d^p m_p) to (B, Σ d^q m_q)."""
        x = self.linear(x)
        tensors = split(x + self.bilinear(x), self.gated, self.dimension)
        scalars, gates = tensors[0][:, 0].split([self.outputs[0], sum(self.outputs[1:])], dim=1)
        parts, gate = [silu(scalars)], torch.sigmoid(gates).split(list(self.outputs[1:]), dim=1)
        parts += [(t * g.unsqueeze(1)).flatten(1) for t, g in zip(tensors[1:], gate, strict=True)]
        return torch.cat(parts, dim=1)


class EquivariantPerceptron(nn.Module):
    """Blocks of equal multiplicities and a last linear layer, from vectors and scalars to the tensors of a target."""

    def __init__(
        self, signature: Signature, group: MatrixGroup, channels: Multiplicities, layers: int, products: int
    ) -> None:
        super().__init__()
        self.signature = signature
        inputs = signature.inputs
        self.target = tuple(signature.target.count(rank) for rank in range(max(signature.target) + 1))
        sizes = [inputs, *[channels] * layers]
        self.blocks = nn.ModuleList(
            EquivariantBlock(group, before, after, products) for before, after in pairwise(sizes)
        )
        self.last = EquivariantLinear(group, sizes[-1], self.target)

    def forward(self, vectors: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        """The target's components (B, D)."""
        parts = [features.flatten(1)] if features is not None else []
        x = torch.cat([*parts, vectors.transpose(1, 2).flatten(1)], dim=1)
        x = x.to(next(self.parameters()).dtype)
        for block in self.blocks:
            x = block(x)
        tensors = [list(t.unbind(-1)) for t in split(self.last(x), self.target, self.signature.dimension)]
        return torch.cat([tensors[rank].pop(0) for rank in self.signature.target], dim=1)


def split(x: Tensor, multiplicities: Sequence[int], dimension: int) -> list[Tensor]:
    """The tensors of each rank, (B, d^r, m_r), of features (B, Σ d^r m_r)."""
    parts = x.split([dimension**rank * m for rank, m in enumerate(multiplicities)], dim=1)
    return [
        part.reshape(len(x), dimension**rank, m)
        for (rank, m), part in zip(enumerate(multiplicities), parts, strict=True)
    ]
