"""How `conservnet` and `siamese` train their one function."""

from __future__ import annotations

import numpy as np
import torch

from symbench.discovery.base import Symmetry, TrajectorySample
from symbench.discovery.shared.networks import Functions, as_quantities, minimise
from symbench.metrics.conservation import FloatArray, Frame


def train_functions(
    functions: Functions,
    frame: Frame,
    loss: object,
    parameters: list[torch.Tensor],
    steps: int,
    rate: float,
    budget: float,
    sample: TrajectorySample,
) -> Symmetry:
    assert callable(loss)
    spent = max(1, round(steps * budget))
    curve = minimise(parameters, loss, steps=spent, rate=rate)
    dimension = sample.x.shape[2]
    return Symmetry(
        generators=np.zeros((0, dimension, dimension)),
        confidence=np.ones(1),
        steps=spent,
        arrays={"loss_curve": curve},
        scalars={"final_loss": _late(curve)},
        conserved=as_quantities(functions.chosen([0]), frame),
    )


def _late(curve: FloatArray) -> float:
    """The mean of the last tenth: one batch says little."""
    return float(curve[-max(1, len(curve) // 10) :].mean())
