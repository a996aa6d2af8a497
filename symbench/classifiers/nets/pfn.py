"""Particle flow network (Deep Sets)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import Tensor, nn

from symbench.classifiers.nets.features import FEATURES, seven_features


class ParticleFlowNetwork(nn.Module):
    """F(Σᵢ Φ(featuresᵢ)): logits (B, 2) from four-momenta (B, P, 4) in GeV and mask (B, P).

    The sum is over real constituents only. Features are computed in the precision of the input and converted to that of
    the weights. arXiv:1810.05165, equation 1.5.
    """

    autocast = fixed_shapes = True

    def __init__(self, phi_widths: Sequence[int], f_widths: Sequence[int]) -> None:
        super().__init__()
        self.phi = perceptron((FEATURES, *phi_widths))
        self.f = perceptron((phi_widths[-1], *f_widths))
        self.head = nn.Linear(f_widths[-1], 2)

    def forward(self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        inputs = seven_features(four_momenta, mask).to(self.head.weight.dtype)
        latent = (self.phi(inputs) * mask.unsqueeze(-1)).sum(dim=1)
        logits: Tensor = self.head(self.f(latent))
        return logits


def perceptron(widths: Sequence[int]) -> nn.Sequential:
    """Linear layers from each width to the next, with ReLU."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers)
