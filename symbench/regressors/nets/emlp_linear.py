"""The linear layer of EMLP: all equivariant maps from tensors to tensors (arXiv:2104.09459, section 4)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from symbench.regressors.nets.tensors import InvariantMaps, Multiplicities, Tensors, components, maps_of, mixed

if TYPE_CHECKING:
    from symbench.algebra.representations import MatrixGroup


class EquivariantLinear(nn.Module):
    """y^{(q)}_o = Σ_p Σ_{r,i} c_{r,o,i} Q_r x^{(p)}_i + bias: the general equivariant linear layer.

    Its first coefficients are those of the authors' package: the projection onto the maps Q_r of a random orthogonal
    matrix between all components, and of biases that are uniform in [0, 1/√n] for n components of the output. So the
    layer preserves the norm of scalars, and makes tensors smaller, the more so the fewer maps there are among the
    d^p × d^q matrices: no number is chosen.
    """

    def __init__(self, group: MatrixGroup, inputs: Multiplicities, outputs: Multiplicities) -> None:
        super().__init__()
        d = group.dimension
        self.dimension, self.outputs = d, outputs
        self.maps = nn.ModuleDict()
        self.coefficients = nn.ParameterDict()
        self.identities: dict[str, float] = {}  # single maps that are a multiple of 1
        rows, columns = components(outputs, d), components(inputs, d)
        matrix = nn.init.orthogonal_(torch.empty(sum(rows), sum(columns), dtype=torch.float64))
        constant = torch.rand(sum(rows), 1, dtype=torch.float64) / math.sqrt(sum(rows))
        parts = zip(matrix.split(rows), constant.split(rows), strict=True)
        for q, (part, bias) in enumerate(parts):
            for p, block in enumerate(part.split(columns, dim=1)):
                self._add(f"{q}_{p}", group, (q, p), block.reshape(d**q, -1, d**p, inputs[p]) if inputs[p] else None)
            self._add(f"bias_{q}", group, (q, 0), bias.reshape(d**q, -1, 1, 1) if outputs[q] else None)

    def _add(self, name: str, group: MatrixGroup, ranks: tuple[int, int], block: Tensor | None) -> None:
        """The maps T_p → T_q, and as coefficients the projection of a block (d^q, m_q, d^p, m_p) onto them."""
        if block is None or not block.numel():
            return
        maps = InvariantMaps(group, *ranks)
        if len(maps):
            projected = torch.einsum("rab,aobi->roi", maps.maps, block) / len(block)
            self.maps[name] = maps
            matrix = maps.maps[0]
            if (
                len(maps) == 1
                and ranks[0] == ranks[1]
                and torch.allclose(matrix, matrix[0, 0] * torch.eye(len(matrix)).double())
            ):
                self.identities[name] = float(matrix[0, 0])
            self.coefficients[name] = nn.Parameter(projected.to(torch.get_default_dtype()))

    def forward(self, x: Tensors) -> Tensors:
        """(d^p, B, m_p) for each rank to (d^q, B, m_q)."""
        return [self._rank(q, m, x) for q, m in enumerate(self.outputs)]

    def _rank(self, q: int, m_q: int, x: Tensors) -> Tensor:
        """The output of one rank."""
        total: Tensor | None = None
        for p, tensor in enumerate(x):
            name = f"{q}_{p}"
            if name not in self.coefficients:
                continue
            coefficients, maps = self.coefficients[name], maps_of(self.maps, name).to(tensor.dtype)
            if name in self.identities:
                total = mixed(tensor, self.identities[name] * coefficients[0].T, total)
            elif len(maps) > 1:
                total = _plus(total, _dense(coefficients, maps, tensor))
            elif len(maps[0]) <= maps.shape[2]:
                total = mixed(_mapped(maps[0], tensor), coefficients[0].T, total)
            else:
                total = _plus(total, _mapped(maps[0], mixed(tensor, coefficients[0].T)))
        if total is None:
            total = x[0].new_zeros(self.dimension**q, x[0].shape[1], m_q)
        name = f"bias_{q}"
        if name in self.coefficients:
            constant = maps_of(self.maps, name).to(total.dtype)[:, :, 0].T @ self.coefficients[name][:, :, 0]
            total = total + constant.unsqueeze(1)
        return total


def _plus(total: Tensor | None, term: Tensor) -> Tensor:
    return term if total is None else total + term


def _mapped(matrix: Tensor, x: Tensor) -> Tensor:
    """A map (d^q, d^p) of the components of tensors (d^p, B, m)."""
    return (matrix @ x.reshape(len(x), -1)).reshape(len(matrix), *x.shape[1:])


def _dense(coefficients: Tensor, maps: Tensor, x: Tensor) -> Tensor:
    """Several maps at once, by their matrix between all components of the two ranks: such ranks have few channels."""
    (r, m_q, m_p), (_, size, width) = coefficients.shape, maps.shape
    weight = (maps.reshape(r, -1).T @ coefficients.reshape(r, -1)).reshape(size, width, m_q, m_p)
    weight = weight.permute(1, 3, 0, 2).reshape(width * m_p, size * m_q)
    found = x.transpose(0, 1).reshape(-1, width * m_p) @ weight
    return found.reshape(-1, size, m_q).transpose(0, 1)
