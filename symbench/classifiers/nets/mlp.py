"""A perceptron on high-level features of the jet."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import Tensor, nn

from symbench.classifiers.nets.jet_observables import OBSERVABLES, jet_observables


class ObservablesPerceptron(nn.Module):
    """Logits (B, classes) from four-momenta (B, P, 4) in GeV and mask (B, P), through `jet_observables`."""

    autocast = True  # not compiled: N-subjettiness asks which distance is the least, and fused arithmetic has others

    def __init__(self, widths: Sequence[int], *, dropout: float = 0.0, classes: int = 2) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise((OBSERVABLES, *widths)):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        observables = jet_observables(four_momenta, mask).to(self.head.weight.dtype)
        logits: Tensor = self.head(self.layers(observables))
        return logits
