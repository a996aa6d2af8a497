"""How `conservnet` and `siamese` train their one function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from symbench.discovery.base import Symmetry, TrajectorySample
from symbench.discovery.conservnet_network import Functions, as_quantities, framed, minimise, new_functions
from symbench.metrics.conservation import FloatArray, Frame

if TYPE_CHECKING:
    from symbench.discovery.conservnet import ConservNet
    from symbench.discovery.siamese import Siamese


def train_conservnet(
    method: ConservNet, sample: TrajectorySample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Minimise the variance within trajectories at unit variance of the states blurred by ε."""
    frame, z, _ = framed(sample, device)
    n, t, r = z.shape
    generator = torch.Generator().manual_seed(seed)
    functions = new_functions(1, r, method.width, method.depth, 1, generator, device)

    def loss() -> torch.Tensor:
        rows = torch.randint(n, (method.trajectories, 1), generator=generator).to(device)
        times = torch.randint(t, (method.trajectories, method.states), generator=generator).to(device)
        states = z[rows, times]
        blur = method.spread * (2 * torch.rand(states.shape, generator=generator) - 1).to(device)
        values = functions(states.reshape(-1, r)).reshape(method.trajectories, method.states)
        blurred = functions((states + blur).reshape(-1, r))
        return values.var(dim=1).mean() + (1 - blurred.var()).abs()

    return _trained(functions, frame, loss, functions.parameters, method.steps, method.rate, budget, sample)


def train_siamese(method: Siamese, sample: TrajectorySample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Tell pairs of states of one trajectory from pairs of two."""
    frame, z, _ = framed(sample, device)
    n, t, r = z.shape
    generator = torch.Generator().manual_seed(seed)
    functions = new_functions(1, r, method.width, method.depth, 1, generator, device)
    offset = torch.ones((), device=device, requires_grad=True)
    same = (torch.arange(2 * method.pairs) < method.pairs).float().to(device)

    def loss() -> torch.Tensor:
        rows = torch.randint(n, (2 * method.pairs,), generator=generator)
        other = (rows + torch.randint(1, max(n, 2), rows.shape, generator=generator)) % n
        partner = torch.where(torch.arange(2 * method.pairs) < method.pairs, rows, other)
        times = torch.randint(t, (2, 2 * method.pairs), generator=generator).to(device)
        pair = torch.cat([z[rows.to(device), times[0]], z[partner.to(device), times[1]]])
        first, second = functions(pair)[0, :, 0].chunk(2)
        logits = offset - (first - second).square()
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, same)

    return _trained(functions, frame, loss, [*functions.parameters, offset], method.steps, method.rate, budget, sample)


def _trained(
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
