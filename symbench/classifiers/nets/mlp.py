"""A perceptron on high-level features of the jet."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import Tensor, nn

from symbench.classifiers.nets.jet_observables import OBSERVABLES, jet_observables


class ObservablesPerceptron(nn.Module):
    """Logits (B, 2) from four-momenta (B, P, 4) in GeV and mask (B, P), through `jet_observables`."""

    autocast = True  # not compiled: the smallest distance of N-subjettiness would depend on fused arithmetic

    def __init__(self, widths: Sequence[int], *, dropout: float = 0.0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise((OBSERVABLES, *widths)):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], 2)

    def forward(self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        observables = jet_observables(four_momenta, mask).to(self.head.weight.dtype)
        logits: Tensor = self.head(self.layers(observables))
        return logits
