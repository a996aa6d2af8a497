"""Features that are tensors of several ranks, and the maps between them that a group allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from symbench.algebra.representations import invariants

if TYPE_CHECKING:
    from symbench.algebra.representations import MatrixGroup

Multiplicities = tuple[int, ...]
"""m_r: the number of tensors of each rank r."""

Tensors = list[Tensor]
"""One array (d^r, B, m_r) for each rank r. Components come first, so that mixing the channels is one product of
matrices, and a map of components another, without a copy."""


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


def components(multiplicities: Multiplicities, dimension: int) -> list[int]:
    """Numbers of each rank's components, d^r m_r."""
    return [dimension**rank * m for rank, m in enumerate(multiplicities)]


def mixed(x: Tensor, weight: Tensor, onto: Tensor | None = None) -> Tensor:
    """Channels (d, B, m) mixed by a weight (m, n), and added to a tensor (d, B, n) if there is one."""
    flat = x.reshape(-1, x.shape[2])
    product = flat @ weight if onto is None else torch.addmm(onto.reshape(-1, weight.shape[1]), flat, weight)
    return product.reshape(*x.shape[:2], weight.shape[1])


def added(x: Sequence[Tensor], y: Sequence[Tensor | None]) -> Tensors:
    """The sum of tensors rank by rank, of which the second may be missing."""
    return [a if b is None else a + b for a, b in zip(x, y, strict=True)]
