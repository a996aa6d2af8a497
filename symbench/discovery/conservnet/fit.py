"""How `conservnet` trains its function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from symbench.discovery.base import Symmetry, TrajectorySample
from symbench.discovery.shared.functions import train_functions
from symbench.discovery.shared.networks import framed, new_functions

if TYPE_CHECKING:
    from symbench.discovery.conservnet.method import ConservNet


def fit(method: ConservNet, sample: TrajectorySample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Minimise the variance within trajectories, at unit variance over states blurred by ε."""
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

    return train_functions(functions, frame, loss, functions.parameters, method.steps, method.rate, budget, sample)
