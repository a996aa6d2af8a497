"""Equivariant functions of vectors from their inner products (Villar et al., arXiv:2106.06610).

Every function of vectors x_i that is invariant under the group of a metric g is a function of the x_i·x_j, and every
equivariant vector is Σ f_i x_i with invariant f_i. Tensors of rank 2 are Σ f_ij x_i ⊗ x_j + f g⁻¹.
"""

from __future__ import annotations

from itertools import combinations_with_replacement, pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from symbench.data.signature import Signature


def inner_products(vectors: Tensor, features: Tensor | None, metric: Tensor) -> Tensor:
    """Scalars (B, S): the features, and x_i·g x_j for i ≤ j, of vectors (B, P, d)."""
    gram = vectors @ metric.to(vectors.dtype) @ vectors.transpose(1, 2)
    rows, columns = torch.triu_indices(*gram.shape[1:])
    found = [gram[:, rows, columns]] + ([features.flatten(1)] if features is not None else [])
    return torch.cat(found, dim=1)


def covariants(vectors: Tensor, rank: int, metric: Tensor) -> Tensor:
    """Tensors (B, M, d^rank) of which equivariant ones are combinations with invariant coefficients; rank ≤ 2."""
    if rank == 0:
        return vectors.new_ones(len(vectors), 1, 1)
    if rank == 1:
        return vectors
    outer = (vectors.unsqueeze(2).unsqueeze(-1) * vectors.unsqueeze(1).unsqueeze(-2)).flatten(1, 2).flatten(2)
    inverse = torch.linalg.inv(metric).to(vectors.dtype).reshape(1, 1, -1).expand(len(vectors), 1, -1)
    return torch.cat([outer, inverse], dim=1)


def covariant_count(signature: Signature, rank: int) -> int:
    """M of `covariants`."""
    return {0: 1, 1: signature.vectors, 2: signature.vectors**2 + 1}[rank]


class ScalarNetwork(nn.Module):
    """A perceptron from all scalars to the coefficients of the covariant tensors of the target."""

    metric: Tensor

    def __init__(self, signature: Signature, metric: Tensor, width: int, layers: int) -> None:
        super().__init__()
        self.target = signature.target
        self.register_buffer("metric", metric)
        scalars, vectors = signature.inputs
        sizes = [scalars + vectors * (vectors + 1) // 2, *[width] * layers]
        steps: list[nn.Module] = []
        for before, after in pairwise(sizes):
            steps += [nn.Linear(before, after), nn.SiLU()]
        self.counts = [covariant_count(signature, rank) for rank in self.target]
        self.layers = nn.Sequential(*steps, nn.Linear(sizes[-1], sum(self.counts)))

    def forward(self, vectors: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        """The target's components (B, D); inner products are computed in float64."""
        kind = next(self.parameters()).dtype
        coefficients = self.layers(inner_products(vectors, features, self.metric).to(kind)).split(self.counts, dim=1)
        parts = [
            torch.einsum("bm,bmc->bc", c, covariants(vectors.to(kind), rank, self.metric))
            for rank, c in zip(self.target, coefficients, strict=True)
        ]
        return torch.cat(parts, dim=1)


class ScalarPolynomial(nn.Module):
    """Coefficients that are polynomials of the scalars, from a least-squares fit; the network has nothing to train."""

    metric: Tensor

    def __init__(self, signature: Signature, metric: Tensor, degree: int) -> None:
        super().__init__()
        self.target, self.degree = signature.target, degree
        self.register_buffer("metric", metric)
        for position in range(len(self.target)):
            self.register_buffer(f"solution_{position}", torch.zeros(0, dtype=torch.float64))

    def fit(self, vectors: Tensor, features: Tensor | None, target: Tensor) -> None:
        """Solve for the coefficients of least norm in float64; columns have unit norm. target (N, D)."""
        start = 0
        for position, rank in enumerate(self.target):
            design = self._design(vectors, features, rank)
            stop = start + design.shape[2]
            matrix = design.transpose(1, 2).flatten(0, 1)
            scale = matrix.norm(dim=0).clamp_min(1e-300)
            wanted = target[:, start:stop].flatten().unsqueeze(1)
            solution = torch.linalg.lstsq(matrix / scale, wanted, rcond=1e-12, driver="gelsd").solution
            setattr(self, f"solution_{position}", solution[:, 0] / scale)
            start = stop

    def _design(self, vectors: Tensor, features: Tensor | None, rank: int) -> Tensor:
        """(B, terms, d^rank): monomials of the scalars times the covariant tensors."""
        scalars = inner_products(vectors, features, self.metric)
        columns = [torch.ones_like(scalars[:, 0])]
        for degree in range(1, self.degree + 1):
            for chosen in combinations_with_replacement(range(scalars.shape[1]), degree):
                columns.append(scalars[:, list(chosen)].prod(dim=1))
        monomials = torch.stack(columns, dim=1)
        tensors = covariants(vectors, rank, self.metric)
        return (monomials.unsqueeze(2).unsqueeze(-1) * tensors.unsqueeze(1)).flatten(1, 2)

    def forward(self, vectors: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        """The target's components (B, D) in float64."""
        features = None if features is None else features.double()
        parts = [
            torch.einsum("btc,t->bc", self._design(vectors.double(), features, rank), getattr(self, f"solution_{i}"))
            for i, rank in enumerate(self.target)
        ]
        return torch.cat(parts, dim=1)
