"""Events without a label for methods of trajectories: all events are states of one trajectory, others are not on it.

A function that is the same in every event is constant along that trajectory. The states that are not on it are the
events with permuted partners. In these the vectors are distributed as in events, so that what holds for single vectors,
such as the mass of a muon, tells nothing apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from symbench.data.permuted import permuted
from symbench.discovery.base import InvariantSample, TrajectorySample
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.shared.partners import PartsMethod


def one_trajectory(method: PartsMethod, sample: InvariantSample) -> TrajectorySample:
    """N events as N states (1, N, P d) without velocities; raises IncompatibleError for events of other parts."""
    if sample.parts not in method.parts:
        raise IncompatibleError(f"{method.name} takes events of vectors, not of {sample.parts}")
    x = sample.x.reshape(1, len(sample.x), -1)
    return TrajectorySample(x, np.zeros_like(x), dt=1.0)


def with_permuted(method: PartsMethod, sample: InvariantSample, repeats: int, seed: int) -> TrajectorySample:
    """Two trajectories (2, repeats · N, P d): the events, again and again, and events with permuted partners."""
    events = one_trajectory(method, sample).x[0]
    others = permuted(sample.x, np.random.Generator(np.random.PCG64([seed, 8])), repeats, sample.parts)
    x = np.stack([np.tile(events, (repeats, 1)), others.reshape(len(others), -1)])
    return TrajectorySample(x, np.zeros_like(x), dt=1.0)
