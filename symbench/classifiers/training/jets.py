"""Jets as tensors: a batch, or a whole sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from symbench.data.container import Dataset


@dataclass(frozen=True)
class Jets:
    """A data set on a device; four-momenta are float64, and networks decide which computations use less.

    p          (N, P, 4) in GeV
    mask       (N, P) bool
    features   (N, P, F), or None
    label      (N,) int64
    weight     (N,) float64 with mean 1 over the whole sample, or None
    """

    p: Tensor
    mask: Tensor
    features: Tensor | None
    label: Tensor
    weight: Tensor | None = None

    @classmethod
    def of(cls, data: Dataset, device: str) -> Jets:
        """The jets of a data set. Raises ValueError for weights that do not add up to a positive number."""
        weight = None
        if data.weight is not None:
            total = float(data.weight.sum())
            if not total > 0:
                raise ValueError(f"the weights of {len(data)} jets add up to {total:g}, not to a positive number")
            weight = torch.tensor(data.weight * (len(data) / total), dtype=torch.float64, device=device)
        features = None if data.features is None else torch.tensor(data.features, device=device)
        return cls(
            torch.tensor(data.vectors, dtype=torch.float64, device=device),
            torch.tensor(data.mask, device=device),
            features,
            torch.tensor(data.label, dtype=torch.int64, device=device),
            weight,
        )

    def __len__(self) -> int:
        return len(self.p)

    def take(self, rows: Tensor | slice) -> Jets:
        """Some of the jets."""
        features = None if self.features is None else self.features[rows]
        weight = None if self.weight is None else self.weight[rows]
        return Jets(self.p[rows], self.mask[rows], features, self.label[rows], weight)
