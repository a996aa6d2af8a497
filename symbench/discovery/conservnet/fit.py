"""How `conservnet` trains its function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from symbench.discovery.base import InvariantSample, Symmetry, TrajectorySample
from symbench.discovery.shared.events_as_states import with_permuted
from symbench.discovery.shared.functions import train_functions
from symbench.discovery.shared.networks import framed, new_functions

if TYPE_CHECKING:
    from symbench.discovery.conservnet.method import ConservNet


_PERMUTATIONS = 5  # of the partners of events


def fit(
    method: ConservNet, sample: TrajectorySample | InvariantSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Minimise the variance within trajectories, at unit variance over other states.

    These are states blurred by ε, or events with permuted partners if all events are one trajectory.
    """
    events = isinstance(sample, InvariantSample)
    d = sample.x.shape[2]
    if isinstance(sample, InvariantSample):
        sample = with_permuted(method, sample, _PERMUTATIONS, seed)
    frame, z, _ = framed(sample, device)
    n, t, r = (1, *z.shape[1:]) if events else z.shape
    generator = torch.Generator().manual_seed(seed)
    functions = new_functions(1, r, method.width, method.depth, 1, generator, device)

    def loss() -> torch.Tensor:
        rows = torch.randint(n, (method.trajectories, 1), generator=generator).to(device)
        times = torch.randint(t, (method.trajectories, method.states), generator=generator).to(device)
        states = z[rows, times]
        if events:
            others = z[1][torch.randint(t, (method.trajectories * method.states,), generator=generator).to(device)]
        else:
            blur = method.spread * (2 * torch.rand(states.shape, generator=generator) - 1).to(device)
            others = (states + blur).reshape(-1, r)
        values = functions(states.reshape(-1, r)).reshape(method.trajectories, method.states)
        return values.var(dim=1).mean() + (1 - functions(others).var()).abs()

    return train_functions(functions, frame, loss, functions.parameters, method.steps, method.rate, budget, d)
