"""Rates over seeds of discovery: false discoveries on controls, and events needed to find a symmetry reliably."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import TypeVar

from pydantic import Field

from symbench.component import FrozenModel, Track
from symbench.leaderboard.rows import is_reference
from symbench.leaderboard.selection import select
from symbench.metrics.discovery.learnt import not_learnt
from symbench.stats.binomial import Share, share_of, size_needed
from symbench.stats.curves import Bound
from symbench.trial.result import Status, TrialResult

FOUND_BY = "f1"
FOUND = 0.95
"""The F1 score at which a symmetry counts as found."""
RELIABLY = 0.8
"""The fraction of seeds that must find it."""

_Key = TypeVar("_Key", bound=Hashable)
_NOT_RUN = (Status.SKIPPED, Status.INCOMPATIBLE)  # in no rate; a failed trial was run and counts as no success


class FalseDiscoveryRow(FrozenModel):
    """The rate at which a method claims a symmetry on one control, or on all controls of its track.

    On a broken symmetry only claims that hide the breaking are counted (`metrics.discovery.breaking`).
    """

    track: Track
    task: str | None = Field(description="label of the control; None for all controls of the track")
    method: str
    train_size: int | None = Field(description="training events; None for all controls, each at its largest size")
    tasks: int = Field(description="different tasks among the trials; more than one if each seed has another task")
    claims: Share = Field(description="trials with a claim, of those with a verdict, with a 95 % interval")
    limit: float = Field(description="upper limit of the rate with 95 % confidence, one-sided (Clopper–Pearson)")
    not_learnt: int = Field(0, description="trials whose fit learnt nothing about the label, so that they say nothing")
    failed: int = Field(description="trials without a result; they enter no rate, and neither do those above")
    bound: bool


class EventsNeededRow(FrozenModel):
    """The number of training events that a method needs to find the symmetry in most seeds."""

    track: Track
    task: str
    method: str
    found: dict[int, Share] = Field(
        description="training size → seeds that found it; a failed trial counts as no success"
    )
    size: Bound = Field(description="training size from which at least 80 % of the seeds find it")
    size_low: Bound
    size_high: Bound
    bound: bool


def false_discoveries(
    results: Sequence[TrialResult], current_keys: Collection[str] | None = None
) -> list[FalseDiscoveryRow]:
    """A row for each control, method and size, controls in order of appearance; then for each method a row over all
    controls of the track, if it was tried on several.

    The row over all controls has one outcome for each control and seed, at the method's largest size on that control.
    Smaller sizes are left out because a seed's larger sample contains its smaller ones: they are not independent.
    """
    executed = _executed(results, current_keys)
    controls = {(r.spec.track, r.spec.task_label) for r in executed if "false_discovery" in r.metrics}
    trials = [r for r in executed if (r.spec.track, r.spec.task_label) in controls]
    rows = []
    for track in dict.fromkeys(r.spec.track for r in trials):
        of_track = [r for r in trials if r.spec.track is track]
        for (task, size, method), group in _grouped(of_track, _entry).items():
            rows += _false_discovery(track, task, method, size, group)
        for method, group in _grouped(of_track, lambda r: r.spec.method_label).items():
            if len({r.spec.task_label for r in group}) > 1:
                rows += _false_discovery(track, None, method, None, _at_largest_sizes(group))
    return rows


def events_needed(results: Sequence[TrialResult], current_keys: Collection[str] | None = None) -> list[EventsNeededRow]:
    """A row for each method on each task that has a symmetry, in order of appearance.

    A trial succeeds with F1 ≥ 0.95; see `stats.binomial.size_needed` for the size and its interval.
    """
    executed = _executed(results, current_keys)
    scored = {(r.spec.track, r.spec.task_label) for r in executed if FOUND_BY in r.metrics}
    controls = {(r.spec.track, r.spec.task_label) for r in executed if "false_discovery" in r.metrics}
    with_symmetry = [r for r in executed if (r.spec.track, r.spec.task_label) in scored - controls]
    rows = []
    for (track, task, method), curve in _grouped(with_symmetry, _curve).items():
        outcomes = {
            size: (sum(r.metrics.get(FOUND_BY, 0.0) >= FOUND for r in trials), len(trials))
            for size, trials in _grouped(curve, lambda r: r.spec.train_size).items()
        }
        if not any(FOUND_BY in r.metrics for r in curve):
            continue  # the method states a count without generators to score, or every trial failed
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
                bound=is_reference(track, curve[0].spec.method.name),
            )
        )
    return rows


def _executed(results: Sequence[TrialResult], current_keys: Collection[str] | None) -> list[TrialResult]:
    current = select(results, current_keys).current
    return [r for r in current if not r.spec.track.trained and r.status not in _NOT_RUN]


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
    """For each task, the results at its largest training size."""
    by_task = _grouped(results, lambda r: r.spec.task_label).values()
    largest = [(max(r.spec.train_size for r in group), group) for group in by_task]
    return [r for size, group in largest for r in group if r.spec.train_size == size]


def _false_discovery(
    track: Track, task: str | None, method: str, size: int | None, trials: list[TrialResult]
) -> list[FalseDiscoveryRow]:
    """One row, or none if no trial has a result."""
    claims = [r.metrics["false_discovery"] for r in trials if "false_discovery" in r.metrics]
    if not claims:
        return []
    false, silent = sum(value > 0 for value in claims), sum(not_learnt(r.metrics) for r in trials)
    return [
        FalseDiscoveryRow(
            track=track,
            task=task,
            method=method,
            train_size=size,
            tasks=len({(r.spec.task.name, r.spec.data_digest) for r in trials}),
            claims=share_of(false, len(claims)),
            limit=share_of(false, len(claims), level=0.9).high,
            not_learnt=silent,
            failed=len(trials) - len(claims) - silent,
            bound=is_reference(track, trials[0].spec.method.name),
        )
    ]
