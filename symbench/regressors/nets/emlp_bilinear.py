"""Bilinear layers of EMLP: products of tensors, without which gates are the only non-linearity.

`InvariantProducts` has every invariant map T_p ⊗ T_q → T_s of low rank, of a few mixed channels. `PublishedProducts` is
the layer of arXiv:2104.09459 (appendix C) and of its package: a tensor of rank p + q is read as a linear map T_p → T_q
that is applied to all tensors of rank p. The latter needs a hidden tensor of rank 3 to make x ⊗ x of a vector x.
"""

from __future__ import annotations

import math
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from symbench.regressors.nets.tensors import InvariantMaps, Multiplicities, Tensors, maps_of, mixed

if TYPE_CHECKING:
    from symbench.algebra.representations import MatrixGroup

BILINEAR_SCALE = 0.1
"""Of products: the first weights are this times a standard normal number in the package, for any number of them."""

_BILINEAR_RANK = 4  # largest p + q + s of invariant products


class InvariantProducts(nn.Module):
    """Σ c_{r,o,k} Q_r (u_k ⊗ v_k), u and v of K mixed channels each, for all ranks p + q + s ≤ 4."""

    def __init__(self, group: MatrixGroup, channels: Multiplicities, products: int) -> None:
        super().__init__()
        self.channels = channels
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
                self.outputs[str(rank)] = nn.Parameter(BILINEAR_SCALE * torch.randn(terms, channels[rank]))

    def _maps_of(self, triple: tuple[int, int, int]) -> int:
        """The number of maps T_p ⊗ T_q → T_s that are used."""
        name = "_".join(map(str, triple))
        return len(maps_of(self.maps, name)) if name in self.maps else 1

    def forward(self, x: Tensors) -> list[Tensor | None]:
        """(d^r, B, m_r) for each rank to the same; None if nothing is added to a rank."""
        used = {
            rank: list(mixed(x[rank], self.mixing[str(rank)]).split(uses, dim=-1))[::-1]
            for rank, uses in self.uses.items()
            if uses
        }
        found: dict[int, list[Tensor]] = {}
        for p, q, s in self.triples:
            u, v = used[p].pop(), used[q].pop()
            if p == 0:
                found.setdefault(s, []).append(u * v)
                continue
            mapped = _contracted(maps_of(self.maps, f"{p}_{q}_{s}").to(u.dtype), u, v)
            found.setdefault(s, []).append(mapped.permute(1, 2, 0, 3).flatten(2))
        return [
            mixed(torch.cat(found[rank], dim=-1), self.outputs[str(rank)]) if rank in found else None
            for rank in range(len(self.channels))
        ]


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


class PublishedProducts(nn.Module):
    """0.1 Σ_{p,i,n} w_{o,i,n} X^{(p+q)}_n x^{(p)}_i: tensors of rank p + q, at least 1, as maps T_p → T_q.

    n runs over min(m_R, d^R) of the m_R tensors of rank R, drawn with replacement when the layer is made. The lower
    indices of X^{(p+q)} are made by the group's invariant form of norm √d: groups without one have no such layer.
    """

    form: Tensor

    def __init__(self, group: MatrixGroup, channels: Multiplicities) -> None:
        super().__init__()
        self.dimension, self.channels = group.dimension, channels
        forms = InvariantMaps(group, 0, 2)
        if not len(forms):
            raise ValueError("the published bilinear layer lowers indices by an invariant form, and there is none")
        form = forms.maps[0].reshape(group.dimension, group.dimension) * math.sqrt(group.dimension)
        sign = torch.sign(form.flatten()[form.flatten().abs() > form.abs().max() / 2][0])
        self.register_buffer("form", sign * form, persistent=False)
        self.weights = nn.ParameterDict()
        for rank in range(1, len(channels)):
            if not channels[rank]:
                continue
            count = min(channels[rank], group.dimension**rank)
            chosen = torch.randint(channels[rank], (count,))
            self.register_buffer(f"chosen_{rank}", nn.functional.one_hot(chosen, channels[rank]).T.bool())
            for p in range(rank + 1):
                q = rank - p
                if channels[p] and channels[q]:
                    self.weights[f"{q}_{p}"] = nn.Parameter(torch.randn(channels[q], channels[p], count))

    def forward(self, x: Tensors) -> list[Tensor | None]:
        """(d^r, B, m_r) for each rank to the same; None if nothing is added to a rank."""
        found: list[Tensor | None] = [None] * len(self.channels)
        lowered = [self._lowered(tensor, rank) for rank, tensor in enumerate(x)]
        for name, weight in self.weights.items():
            q, p = map(int, name.split("_"))
            chosen = self.get_buffer(f"chosen_{p + q}").to(weight.dtype)
            term = self._applied(mixed(x[p + q], BILINEAR_SCALE * chosen), lowered[p], weight, q)
            found[q] = term if (before := found[q]) is None else before + term
        return found

    def _lowered(self, tensor: Tensor, rank: int) -> Tensor:
        """All indices lowered by the form."""
        d = self.dimension
        for slot in range(rank):
            parts = tensor.reshape(d**slot, d, -1)
            tensor = (self.form.to(tensor.dtype) @ parts).reshape(tensor.shape)
        return tensor

    def _applied(self, operators: Tensor, x: Tensor, weight: Tensor, q: int) -> Tensor:
        """Σ w_{o,i,n} X_n x_i, operators (d^{q+p}, B, n), x (d^p, B, m_p), weight (m_q, m_p, n), result (d^q, B, m_q).

        Either the maps are applied first, or the channels are mixed: that which needs fewer products.
        """
        size, width, (m_q, m_p, n), batch = self.dimension**q, len(x), weight.shape, x.shape[1]
        maps = operators.reshape(size, width, batch, n)
        if size * m_p <= width * m_q:
            applied = torch.einsum("abzn,bzi->azni", maps, x)
            return mixed(applied.reshape(size, batch, n * m_p), weight.permute(2, 1, 0).reshape(n * m_p, m_q))
        few = mixed(x, weight.permute(1, 2, 0).reshape(m_p, n * m_q)).reshape(width, batch, n, m_q)
        return torch.einsum("abzn,bzno->azo", maps, few)
