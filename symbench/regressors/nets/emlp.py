"""EMLP: multilayer perceptrons that are equivariant under any matrix group (arXiv:2104.09459).

Features are tensors with multiplicities m = (m₀, m₁, …), m_r tensors of rank r (`tensors`). Differences from the
authors' package:

1. a linear layer has r · m_p · m_q parameters, coefficients of an orthonormal basis of invariants; the package projects
   a matrix of (Σ d^r m_r)² parameters in every step;
2. by default the bilinear layer multiplies K pairs of mixed channels: scalars with tensors, and tensors by every
   invariant map T_p ⊗ T_q → T_s with p + q + s ≤ 4, such as x·y and x ⊗ y. That of the package is there as well, with
   which outputs are equal for equal weights (`emlp_bilinear`);
3. tensors have upper indices only, which is the same for all groups that preserve a metric.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from symbench.regressors.nets.emlp_linear import EquivariantLinear
from symbench.regressors.nets.tensors import Multiplicities, Tensors, added

if TYPE_CHECKING:
    from symbench.algebra.representations import MatrixGroup
    from symbench.data.signature import Signature

Products = Callable[["MatrixGroup", Multiplicities], nn.Module]
"""The bilinear layer of a group and its channels."""


class EquivariantBlock(nn.Module):
    """Linear + bilinear, then swish of scalars, and tensors times the sigmoid of a scalar of their own."""

    def __init__(self, group: MatrixGroup, inputs: Multiplicities, outputs: Multiplicities, products: Products) -> None:
        super().__init__()
        self.outputs = outputs
        self.gated = (outputs[0] + sum(outputs[1:]), *outputs[1:])
        self.linear = EquivariantLinear(group, inputs, self.gated)
        self.bilinear = products(group, self.gated)

    def forward(self, x: Tensors) -> Tensors:
        """(d^p, B, m_p) for each rank to (d^q, B, m_q)."""
        x = self.linear(x)
        x = added(x, self.bilinear(x))
        scalars, *gates = x[0].split([self.outputs[0], *self.outputs[1:]], dim=2)
        return [silu(scalars), *(t * torch.sigmoid(gate) for t, gate in zip(x[1:], gates, strict=True))]


class EquivariantPerceptron(nn.Module):
    """Blocks of equal multiplicities and a last linear layer, from vectors and scalars to the tensors of a target."""

    def __init__(
        self, signature: Signature, group: MatrixGroup, channels: Multiplicities, layers: int, products: Products
    ) -> None:
        super().__init__()
        self.signature = signature
        self.target = tuple(signature.target.count(rank) for rank in range(max(signature.target) + 1))
        sizes = [signature.inputs, *[channels] * layers]
        self.blocks = nn.ModuleList(
            EquivariantBlock(group, before, after, products) for before, after in pairwise(sizes)
        )
        self.last = EquivariantLinear(group, sizes[-1], self.target)

    def is_constant(self) -> bool:
        """Whether the group allows no function of the vectors but a constant."""
        shape = (2, self.signature.vectors, self.signature.dimension)
        drawn = torch.Generator().manual_seed(0)
        vectors = torch.randn(shape, generator=drawn).requires_grad_()
        scalars = torch.ones(2, self.signature.vectors, self.signature.scalars) if self.signature.scalars else None
        with torch.enable_grad():
            total = self(vectors, torch.ones(shape[:2], dtype=torch.bool), scalars).square().sum()
            (slope,) = torch.autograd.grad(total, vectors, allow_unused=True) if total.requires_grad else (None,)
        return slope is None or not bool(slope.any())

    def forward(self, vectors: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        """The target's components (B, D)."""
        kind = next(self.parameters()).dtype
        scalars = vectors.new_zeros(len(vectors), 0) if features is None else features.flatten(1)
        x = [scalars.to(kind).unsqueeze(0), vectors.to(kind).permute(2, 0, 1)]
        for block in self.blocks:
            x = block(x)
        tensors = [list(tensor.unbind(2)) for tensor in self.last(x)]
        return torch.cat([tensors[rank].pop(0) for rank in self.signature.target]).T
