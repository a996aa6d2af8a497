"""A network whose input does not depend on the unit of momenta: they are divided by a scale of the training sample.

The scale is the median mass of pairs of constituents, which is Lorentz invariant, so that dividing by it keeps every
symmetry of the network. Jets in GeV, in TeV, or with every momentum divided by the same number, then give the network
the same input to rounding.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

PAIR_MASS = 2.0
"""The median pair mass after standardisation: about that of jets of some hundred GeV in GeV, for which the networks'
input functions are made."""

_JETS = 1000  # training jets that determine the scale
_CONSTITUENTS = 16  # the leading ones of each


def momentum_scale(p: Tensor, mask: Tensor) -> float:
    """The number that momenta (N, P, 4) are divided by, in their unit; raises ValueError if no pair has a mass."""
    p, mask = p[:_JETS, :_CONSTITUENTS].double(), mask[:_JETS, :_CONSTITUENTS]
    metric = torch.tensor([1.0, -1.0, -1.0, -1.0], dtype=p.dtype, device=p.device)
    inner = (p * metric) @ p.transpose(1, 2)
    squared = inner.diagonal(dim1=1, dim2=2)
    masses = squared.unsqueeze(2) + squared.unsqueeze(1) + 2 * inner
    pairs = torch.ones(p.shape[1], p.shape[1], dtype=torch.bool, device=p.device).triu(1)
    real = mask.unsqueeze(2) & mask.unsqueeze(1) & pairs & (masses > 0)
    if not bool(real.any()):
        raise ValueError("no pair of constituents of the training jets has a mass: momenta cannot be standardised")
    return float(masses[real].median().sqrt()) / PAIR_MASS


class Standardised(nn.Module):
    """The logits of a network for four-momenta divided by `momentum_scale`, a buffer that is stored with the weights.

    Spurions are not divided: they are in the unit of the network's input. Other attributes are those of the network.
    """

    momentum_scale: Tensor

    def __init__(self, network: nn.Module, scale: float) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("momentum_scale", torch.tensor(scale, dtype=torch.float64))

    def forward(self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None, **options: Any) -> Tensor:
        """Logits (B, C)."""
        logits: Tensor = self.network(four_momenta / self.momentum_scale, mask, features, **options)
        return logits

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name in ("spurions", "autocast", "fixed_shapes"):
                return getattr(super().__getattr__("network"), name)
            raise
