"""What a training minimises: the cross-entropy of classes, or the squared error of real targets."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def loss(
    outputs: Tensor,
    label: Tensor,
    unit: float = 1.0,
    *,
    weight: Tensor | None = None,
    reduction: Literal["mean", "sum"] = "mean",
) -> Tensor:
    """The loss of outputs (B, K) for labels (B,) int64, or for targets (B, K) of real numbers.

    unit     the squared error is divided by it: `loss_unit` of the training sample
    weight   (B,) with mean 1 over the whole sample, so that the mean over a batch estimates Σwℓ/Σw without bias; a
             weighted mean of each batch would not exist where the weights of a batch cancel
    `sum` adds over events; of a target the components are averaged.
    """
    if not label.is_floating_point():
        if weight is None:
            return cross_entropy(outputs, label, reduction=reduction)
        per_event = cross_entropy(outputs, label, reduction="none")
    else:
        per_event = (outputs - label.to(outputs.dtype)).square().mean(dim=1) / unit
    if weight is not None:
        per_event = per_event * weight.to(per_event.dtype)
    return per_event.mean() if reduction == "mean" else per_event.sum()


def loss_unit(label: Tensor) -> float:
    """1 for classes; of targets (N, D) the variance, a mean over components, so that 1 is the loss of their mean."""
    if not label.is_floating_point():
        return 1.0
    variance = float(torch.var(label, dim=0, correction=0).mean())
    return variance if variance > 0 else 1.0
