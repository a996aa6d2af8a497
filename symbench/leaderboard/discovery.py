"""What several seeds of discovery say beyond a mean: how often a symmetry is claimed where there is none, and how
many events it takes to find one reliably.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import TypeVar

from pydantic import Field

from symbench.component import FrozenModel, Track
from symbench.leaderboard.rows import is_bound
from symbench.leaderboard.selection import select
from symbench.metrics.catalog import SCORE
from symbench.stats.binomial import Share, share_of, size_needed
from symbench.stats.curves import Bound
from symbench.trial.result import Status, TrialResult

FOUND = 0.95
"""The F1 from which on a symmetry counts as found."""
RELIABLY = 0.8
"""The share of seeds that have to find it."""

_Key = TypeVar("_Key", bound=Hashable)
_NO_ANSWER = (Status.SKIPPED, Status.INCOMPATIBLE)  # was not asked; a failure was asked and has no answer


class FalseDiscoveryRow(FrozenModel):
    """How often a method claims a symmetry on a control, or on all controls of its track together."""

    track: Track
    task: str | None = Field(description="label of the control; None for all controls of the track")
    method: str
    train_size: int | None = Field(description="training events; None for all controls, each at its largest size")
    claims: Share = Field(description="trials that claimed something, of those that ended ok, with a 95 % interval")
    failed: int = Field(description="trials without an answer, in no rate")
    bound: bool


class EventsNeededRow(FrozenModel):
    """How many training events a method needs to find the symmetry in most seeds."""

    track: Track
    task: str
    method: str
    found: dict[int, Share] = Field(description="training size → seeds that found it; a failed trial did not")
    size: Bound = Field(description="events from which on a share of 0.8 of the seeds finds it")
    size_low: Bound
    size_high: Bound
    bound: bool


def false_discoveries(
    results: Sequence[TrialResult], current_keys: Collection[str] | None = None
) -> list[FalseDiscoveryRow]:
    """A row for each control, method and size, controls in order of appearance; then one a method over all controls
    of the track, where it was tried on several.

    The row over all controls has one outcome for each control and seed, at the largest size that the method was tried
    with on the control: a seed's larger sample contains the smaller, so that the two are no independent trials.
    """
    asked = _asked(results, current_keys)
    controls = {(r.spec.track, r.spec.task_label) for r in asked if "false_discovery" in r.metrics}
    trials = [r for r in asked if (r.spec.track, r.spec.task_label) in controls]
    rows = []
    for track in dict.fromkeys(r.spec.track for r in trials):
        mine = [r for r in trials if r.spec.track is track]
        for (task, size, method), found in _grouped(mine, _entry).items():
            rows += _false_discovery(track, task, method, size, found)
        for method, found in _grouped(mine, lambda r: r.spec.method_label).items():
            if len({r.spec.task_label for r in found}) > 1:
                rows += _false_discovery(track, None, method, None, _at_largest_sizes(found))
    return rows


def events_needed(results: Sequence[TrialResult], current_keys: Collection[str] | None = None) -> list[EventsNeededRow]:
    """A row for each task with something to find, and method, in order of appearance.

    A trial succeeds with F1 ≥ 0.95; see `stats.binomial.size_needed` for the size and its interval.
    """
    asked = _asked(results, current_keys)
    scored = {(r.spec.track, r.spec.task_label) for r in asked if SCORE[r.spec.track] in r.metrics}
    controls = {(r.spec.track, r.spec.task_label) for r in asked if "false_discovery" in r.metrics}
    wanted = [r for r in asked if (r.spec.track, r.spec.task_label) in scored - controls]
    rows = []
    for (track, task, method), found in _grouped(wanted, _curve).items():
        outcomes = {
            size: (sum(r.metrics.get(SCORE[track], 0.0) >= FOUND for r in trials), len(trials))
            for size, trials in _grouped(found, lambda r: r.spec.train_size).items()
        }
        if not any(SCORE[track] in r.metrics for r in found):
            continue  # counts without a claim that could be scored, or nothing but failures
        needed = size_needed(outcomes, RELIABLY)
        rows.append(
            EventsNeededRow(
                track=track,
                task=task,
                method=method,
                found=needed.shares,
                size=needed.size,
                size_low=needed.low,
                size_high=needed.high,
                bound=is_bound(track, found[0].spec.method.name),
            )
        )
    return rows


def _asked(results: Sequence[TrialResult], current_keys: Collection[str] | None) -> list[TrialResult]:
    current = select(results, current_keys).current
    return [r for r in current if r.spec.track is not Track.CLASSIFICATION and r.status not in _NO_ANSWER]


def _entry(result: TrialResult) -> tuple[str, int, str]:
    return result.spec.task_label, result.spec.train_size, result.spec.method_label


def _curve(result: TrialResult) -> tuple[Track, str, str]:
    return result.spec.track, result.spec.task_label, result.spec.method_label


def _grouped(results: Iterable[TrialResult], key: Callable[[TrialResult], _Key]) -> dict[_Key, list[TrialResult]]:
    groups: dict[_Key, list[TrialResult]] = defaultdict(list)
    for result in results:
        groups[key(result)].append(result)
    return dict(groups)


def _at_largest_sizes(results: Iterable[TrialResult]) -> list[TrialResult]:
    """Of each task the results with its largest training size."""
    by_task = _grouped(results, lambda r: r.spec.task_label).values()
    largest = [(max(r.spec.train_size for r in found), found) for found in by_task]
    return [r for size, found in largest for r in found if r.spec.train_size == size]


def _false_discovery(
    track: Track, task: str | None, method: str, size: int | None, found: list[TrialResult]
) -> list[FalseDiscoveryRow]:
    """One row, or none where nothing answered."""
    answers = [r.metrics["false_discovery"] for r in found if "false_discovery" in r.metrics]
    if not answers:
        return []
    return [
        FalseDiscoveryRow(
            track=track,
            task=task,
            method=method,
            train_size=size,
            claims=share_of(sum(value > 0 for value in answers), len(answers)),
            failed=len(found) - len(answers),
            bound=is_bound(track, found[0].spec.method.name),
        )
    ]
