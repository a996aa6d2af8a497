"""Which fraction of their training events the seeds of an entry share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbench.data.draws import shared_fraction
from symbench.trial.result import TRAIN_POOL, TrialResult


def shared_events(trials: Sequence[TrialResult], pools: Mapping[str, int] | None = None) -> float | None:
    """The mean fraction of its training events that a seed of an entry shares with another; None if it is unknown.

    pools   task label → number of events from which training events are drawn, for results that do not state it

    In discovery it is exact. For networks seeds draw independently, and it is the expected fraction.
    """
    if not trials:
        return None
    spec = trials[0].spec
    seeds = sorted({result.spec.seed for result in trials})
    stated = next((result.notes[TRAIN_POOL] for result in trials if TRAIN_POOL in result.notes), None)
    pool = int(stated) if stated is not None and stated.isdecimal() else (pools or {}).get(spec.task_label)
    if len(seeds) < 2 or pool is None or not 0 < spec.train_size <= pool:
        return None
    if spec.track.trained:
        return spec.train_size / pool
    return shared_fraction(pool, spec.train_size, seeds)
