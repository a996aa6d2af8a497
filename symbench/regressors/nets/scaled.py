"""A network whose inputs and outputs have the scale of the training events, by numbers that keep linear symmetries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from symbench.classifiers.training.jets import Jets
    from symbench.data.signature import Signature


class Scaled(nn.Module):
    """y = offset + scale · network(vectors / s, mask, scalars / t).

    s        the root mean square of all components of the vectors
    t        (F,) the root mean square of each scalar
    scale    of the target: the root mean square of its components about the offset
    offset   (D,) the mean of scalar components, 0 of all others: no group moves a scalar
    """

    vector_scale: Tensor
    feature_scale: Tensor
    target_scale: Tensor
    target_offset: Tensor

    def __init__(self, network: nn.Module, scales: dict[str, Tensor]) -> None:
        super().__init__()
        self.network = network
        for name, value in scales.items():
            self.register_buffer(name, value.double())

    @classmethod
    def fitted(cls, network: nn.Module, events: Jets, signature: Signature) -> Self:
        """The network with the scales of these events."""
        real = events.mask.unsqueeze(-1)
        count = float(real.sum()) * signature.dimension
        vector = ((events.p * real).square().sum() / max(count, 1.0)).sqrt()
        feature = torch.ones(1, dtype=torch.float64)
        if events.features is not None:
            feature = events.features.double().square().mean(dim=(0, 1)).sqrt()
        scalar = torch.cat([torch.full((signature.dimension**rank,), rank == 0) for rank in signature.target])
        offset = events.label.mean(dim=0) * scalar
        target = (events.label - offset).square().mean().sqrt()
        scales = {"vector_scale": vector, "feature_scale": feature, "target_scale": target}
        scales = {name: torch.where(value > 0, value, torch.ones_like(value)) for name, value in scales.items()}
        return cls(network, {**scales, "target_offset": offset})

    def standardised(self, events: Jets) -> tuple[Tensor, Tensor | None, Tensor]:
        """Vectors, scalars and targets of events as the network inside has them."""
        scaled = None if events.features is None else events.features.double() / self.feature_scale
        vectors = events.p / self.vector_scale * events.mask.unsqueeze(-1)
        return vectors, scaled, (events.label - self.target_offset) / self.target_scale

    def forward(self, vectors: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        """The target's components (B, D)."""
        scaled = None if features is None else features / self.feature_scale
        output: Tensor = self.network(vectors / self.vector_scale * mask.unsqueeze(-1), mask, scaled)
        # a network in float32 keeps its type: sums of float32 and float64 tensors would hide its precision
        return self.target_offset.to(output.dtype) + self.target_scale.to(output.dtype) * output
