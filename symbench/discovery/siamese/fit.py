"""How `siamese` trains its function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from symbench.discovery.base import InvariantSample, Symmetry, TrajectorySample
from symbench.discovery.shared.events_as_states import with_permuted
from symbench.discovery.shared.functions import train_functions
from symbench.discovery.shared.networks import framed, new_functions

if TYPE_CHECKING:
    from symbench.discovery.siamese.method import Siamese


_PERMUTATIONS = 5  # of the partners of events


def fit(
    method: Siamese, sample: TrajectorySample | InvariantSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Classify pairs of states: from one trajectory, or from two; two events, or an event and one that is permuted."""
    d, events = sample.x.shape[2], isinstance(sample, InvariantSample)
    if isinstance(sample, InvariantSample):
        sample = with_permuted(method, sample, _PERMUTATIONS, seed)
    frame, z, _ = framed(sample, device)
    n, t, r = z.shape
    generator = torch.Generator().manual_seed(seed)
    functions = new_functions(1, r, method.width, method.depth, 1, generator, device)
    offset = torch.ones((), device=device, requires_grad=True)
    same = (torch.arange(2 * method.pairs) < method.pairs).float().to(device)

    def loss() -> torch.Tensor:
        rows = torch.randint(1 if events else n, (2 * method.pairs,), generator=generator)
        other = (rows + torch.randint(1, max(n, 2), rows.shape, generator=generator)) % n
        partner = torch.where(torch.arange(2 * method.pairs) < method.pairs, rows, other)
        times = torch.randint(t, (2, 2 * method.pairs), generator=generator).to(device)
        pair = torch.cat([z[rows.to(device), times[0]], z[partner.to(device), times[1]]])
        first, second = functions(pair)[0, :, 0].chunk(2)
        logits = offset - (first - second).square()
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, same)

    return train_functions(
        functions, frame, loss, [*functions.parameters, offset], method.steps, method.rate, budget, d
    )
