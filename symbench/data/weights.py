"""Weights of events, which may be negative: their effective number, and unweighted events that are drawn by them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.hashing import hash_ids
from symbench.errors import DataError

Weights = npt.NDArray[np.float64]

_SALT = 0x57454947  # "WEIG": which events are accepted depends on their identities alone


def effective_number(weight: Weights) -> float:
    """(Σw)²/Σw², the number of events of equal weight that would have the same relative error of their sum.

    Kish, Survey Sampling (1965). Events of equal weight count fully; signs that cancel lower it.
    """
    squares = float(np.square(weight).sum())
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def description(weight: Weights) -> str:
    """How many events there are, how many count, and how many weights are negative."""
    negative = int((weight < 0).sum())
    signs = f", {negative:,} of negative weight" if negative else ""
    return f"{len(weight):,} events{signs}, effective number {effective_number(weight):,.1f}"


def unweighted(where: str, name: str, weight: Weights, event_id: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Events (N,) of equal weight that are distributed as the weighted ones: each is accepted with probability w/max w.

    Acceptance is von Neumann's, with a hash of the identity in place of a random number: the same event is accepted
    whatever the order of the file. Raises DataError for a negative weight, since no event can be accepted with a
    negative probability, and if all weights are zero.
    """
    negative = int((weight < 0).sum())
    if negative:
        raise DataError(
            f"{where}: {negative:,} of {len(weight):,} weights {name!r} are negative. Discovery methods use events of "
            "equal weight, and events of negative weight cannot be drawn: leave them out by `where` if that is right, "
            "or use the events without `weight`"
        )
    most = float(weight.max(initial=0.0))
    if most == 0:
        raise DataError(f"{where}: all weights {name!r} are zero")
    chance = hash_ids(event_id, _SALT).astype(np.float64) / 2.0**64
    return np.asarray(chance < weight / most)
