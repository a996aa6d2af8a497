"""The training that `conservnet` and `siamese` share: one function, which is always claimed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from symbench.discovery.base import Symmetry
from symbench.discovery.shared.networks import Functions, as_quantities, late_mean, minimise
from symbench.metrics.conservation import Frame


def train_functions(
    functions: Functions,
    frame: Frame,
    loss: Callable[[], torch.Tensor],
    parameters: list[torch.Tensor],
    steps: int,
    rate: float,
    budget: float,
    dimension: int,
) -> Symmetry:
    """Minimise the loss of the parameters, and claim the first function as conserved; no generators (0, d, d)."""
    spent = max(1, round(steps * budget))
    curve = minimise(parameters, loss, steps=spent, rate=rate)
    return Symmetry(
        generators=np.zeros((0, dimension, dimension)),
        confidence=np.ones(1),
        steps=spent,
        arrays={"loss_curve": curve},
        scalars={"final_loss": late_mean(curve)},
        conserved=as_quantities(functions.chosen([0]), frame),
    )
