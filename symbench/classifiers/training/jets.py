"""Events as tensors: a batch, or a whole sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.signature import Signature


@dataclass(frozen=True)
class Jets:
    """A data set on a device; vectors are float64, and networks decide which computations use less.

    p          (N, P, d), four-momenta in GeV
    mask       (N, P) bool
    features   (N, P, F), or None
    label      (N,) int64 for a class, (N, D) float64 for the target of a regression
    weight     (N,) float64 with mean 1 over the whole sample, or None
    ranks      of the target's tensors; empty for classes
    """

    p: Tensor
    mask: Tensor
    features: Tensor | None
    label: Tensor
    weight: Tensor | None = None
    ranks: tuple[int, ...] = ()

    @classmethod
    def of(cls, data: Dataset, device: str, outputs: int | Signature = 2) -> Jets:
        """The events of a data set; `outputs` is the number of classes, or the signature of a regression.

        Raises ValueError for weights that do not add up to a positive number.
        """
        weight = None
        if data.weight is not None:
            total = float(data.weight.sum())
            if not total > 0:
                raise ValueError(f"the weights of {len(data)} jets add up to {total:g}, not to a positive number")
            weight = torch.tensor(data.weight * (len(data) / total), dtype=torch.float64, device=device)
        features = None if data.features is None else torch.tensor(data.features, device=device)
        kind = torch.int64 if data.label.ndim == 1 else torch.float64
        return cls(
            torch.tensor(data.vectors, dtype=torch.float64, device=device),
            torch.tensor(data.mask, device=device),
            features,
            torch.tensor(data.label, dtype=kind, device=device),
            weight,
            () if isinstance(outputs, int) else outputs.target,
        )

    def __len__(self) -> int:
        return len(self.p)

    def take(self, rows: Tensor | slice) -> Jets:
        """Some of the jets."""
        features = None if self.features is None else self.features[rows]
        weight = None if self.weight is None else self.weight[rows]
        return Jets(self.p[rows], self.mask[rows], features, self.label[rows], weight, self.ranks)
