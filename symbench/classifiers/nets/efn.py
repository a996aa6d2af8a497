"""Energy flow network: a sum over constituents that is infrared and collinear safe."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from symbench.classifiers.nets.features import FeatureSet, features_of, transverse_fractions
from symbench.classifiers.nets.pfn import perceptron

_PER_RADIAN = 4.0


class EnergyFlowNetwork(nn.Module):
    """F(Σᵢ zᵢ Φ(Δηᵢ, Δφᵢ)) with zᵢ = pTᵢ / Σ pT: logits (B, 2) from (B, P, 4) in GeV and mask (B, P).

    A constituent of vanishing momentum adds nothing, and collinear constituents count as their sum. arXiv:1810.05165,
    equation 1.4; the angles in Φ are in units of a quarter of a radian, so that they are of order one.
    """

    autocast = fixed_shapes = True

    def __init__(
        self,
        phi_widths: Sequence[int],
        f_widths: Sequence[int],
        *,
        features: FeatureSet = "kinematic",
    ) -> None:
        super().__init__()
        self.features: FeatureSet = features
        self.phi = perceptron((2, *phi_widths))
        self.f = perceptron((phi_widths[-1], *f_widths))
        self.head = nn.Linear(f_widths[-1], 2)

    def forward(self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        dtype = self.head.weight.dtype
        angles = features_of(self.features, four_momenta, mask)[..., -2:].to(dtype) * _PER_RADIAN
        fractions = transverse_fractions(four_momenta, mask).to(dtype)
        latent = (self.phi(angles) * fractions.unsqueeze(-1)).sum(dim=1)
        logits: Tensor = self.head(self.f(latent))
        return logits
