"""A batch, or a whole sample, of jets as tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from symbench.data.container import Dataset


@dataclass(frozen=True)
class Jets:
    """A data set on the device: four-momenta stay float64, networks choose what to compute in less.

    p (N, P, 4) GeV, mask (N, P) bool, features (N, P, F) or None, label (N,) int64
    """

    p: Tensor
    mask: Tensor
    features: Tensor | None
    label: Tensor

    @classmethod
    def of(cls, data: Dataset, device: str) -> Jets:
        features = None if data.features is None else torch.tensor(data.features, device=device)
        return cls(
            torch.tensor(data.vectors, dtype=torch.float64, device=device),
            torch.tensor(data.mask, device=device),
            features,
            torch.tensor(data.label, dtype=torch.int64, device=device),
        )

    def __len__(self) -> int:
        return len(self.p)

    def take(self, rows: Tensor | slice) -> Jets:
        features = None if self.features is None else self.features[rows]
        return Jets(self.p[rows], self.mask[rows], features, self.label[rows])
