"""Current results (the last of each trial, with today's code and data) and stale ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from symbench.trial.result import TrialResult


@dataclass(frozen=True)
class Selection:
    """Current results, and stale ones: results of an older version or of other data than today's."""

    current: tuple[TrialResult, ...]
    stale: tuple[TrialResult, ...]


def select(results: Sequence[TrialResult], current_keys: Collection[str] | None = None) -> Selection:
    """Keep the last record of each key, then separate current from stale results.

    `results` must be in the order of recording, which decides rather than times: clocks differ between machines. With
    `current_keys` (the keys of today's plan), a result with another key is stale. Without, the last of several results
    of one question is current.
    """
    last = {result.key: result for result in results}
    kept = [result for result in results if last[result.key] is result]
    if current_keys is not None:
        keys = frozenset(current_keys)
    else:
        keys = frozenset({result.question: result.key for result in kept}.values())
    return Selection(
        current=tuple(r for r in kept if r.key in keys),
        stale=tuple(r for r in kept if r.key not in keys),
    )
