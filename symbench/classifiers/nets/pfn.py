"""Particle flow network (Deep Sets)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import Tensor, nn

from symbench.classifiers.nets.features import FEATURES, seven_features


class ParticleFlowNetwork(nn.Module):
    """F(Σᵢ Φ(featuresᵢ)): logits (B, classes) from four-momenta (B, P, 4) in GeV and mask (B, P).

    The sum runs over real constituents alone, so padding never enters. Features are computed in the precision of
    the input and handed on in that of the weights. arXiv:1810.05165, equation 1.5.
    """

    autocast = fixed_shapes = True

    def __init__(self, phi_widths: Sequence[int], f_widths: Sequence[int], classes: int = 2) -> None:
        super().__init__()
        self.phi = perceptron((FEATURES, *phi_widths))
        self.f = perceptron((phi_widths[-1], *f_widths))
        self.head = nn.Linear(f_widths[-1], classes)

    def forward(self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        inputs = seven_features(four_momenta, mask).to(self.head.weight.dtype)
        latent = (self.phi(inputs) * mask.unsqueeze(-1)).sum(dim=1)
        logits: Tensor = self.head(self.f(latent))
        return logits


def perceptron(widths: Sequence[int]) -> nn.Sequential:
    """Linear maps from one width to the next, each rectified."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers)
