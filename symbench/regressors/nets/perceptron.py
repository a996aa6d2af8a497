"""A multilayer perceptron on all components of vectors and scalars."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from symbench.data.signature import Signature


class TensorPerceptron(nn.Module):
    """Layers of equal width with swish between them; components of tensors are numbers like any others."""

    def __init__(self, signature: Signature, width: int, layers: int) -> None:
        super().__init__()
        scalars, vectors = signature.inputs
        sizes = [scalars + vectors * signature.dimension, *[width] * layers]
        steps: list[nn.Module] = []
        for before, after in itertools.pairwise(sizes):
            steps += [nn.Linear(before, after), nn.SiLU()]
        self.layers = nn.Sequential(*steps, nn.Linear(sizes[-1], signature.outputs))

    def forward(self, vectors: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        """The target's components (B, D)."""
        parts = [vectors.flatten(1)] + ([features.flatten(1)] if features is not None else [])
        weight: Tensor = self.layers[-1].weight  # type: ignore[assignment]
        result: Tensor = self.layers(torch.cat(parts, dim=1).to(weight.dtype))
        return result
