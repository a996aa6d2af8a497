"""Rows of the leaderboard, one for each (track, task, method, training size): score, interval, tier and statuses."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from pydantic import Field
from threadpoolctl import threadpool_limits

from symbench.component import FrozenModel, Track
from symbench.errors import UnknownNameError
from symbench.leaderboard.selection import select
from symbench.metrics.catalog import SCORE, higher_is_better
from symbench.metrics.discovery.learnt import LEARNT
from symbench.stats.intervals import Estimate, bootstrap_means
from symbench.stats.tiers import tiers
from symbench.trial.result import Status, TrialResult

SEEDS_FOR_A_CLAIM = 5
"""With fewer seeds, 95 % intervals under-cover for every method."""

_LARGEST = 1e150
"""A metric beyond it has no finite square, and counts as not finite."""


class LeaderboardRow(FrozenModel):
    """The trials of one entry: score, metrics, and the number of trials with each status.

    Metrics are means over the seeds that ended `ok`, with 95 % intervals over seeds.
    """

    track: Track
    task: str = Field(description="label of the task in the suite")
    method: str = Field(description="label of the method in the suite")
    train_size: int = Field(description="training events")
    tier: int | None = Field(description="rank within task and size; None without a score, and for reference rows")
    score: Estimate | None = Field(description="the track's main score; None if no trial has it")
    metrics: dict[str, Estimate] = Field(description="every metric, and every timing in seconds")
    not_finite: dict[str, int] = Field(
        default_factory=dict, description="for each metric, the seeds with an infinite value or NaN; not in its mean"
    )
    statuses: dict[Status, int] = Field(description="current trials by status")
    stale: int = Field(0, description="results of an older version or of other data, not in any mean")
    algebra: str | None = Field(None, description="the most frequent name of the algebra over seeds")
    algebra_votes: int = Field(0, description="number of seeds with that name")
    bound: bool = Field(False, description="a reference row: the method uses the known answer and is not ranked")

    @property
    def seeds_ok(self) -> int:
        return self.statuses.get(Status.OK, 0)

    @property
    def provisional(self) -> bool:
        """Whether there are too few seeds for a 95 % interval that covers in 95 % of cases."""
        return self.score is None or self.score.n < SEEDS_FOR_A_CLAIM

    @property
    def score_name(self) -> str:
        return SCORE[self.track]

    @property
    def trials(self) -> str:
        """The number of trials with each status, such as `4 ok, 1 timeout`."""
        counts = [f"{n} {status}" for status, n in self.statuses.items() if n]
        learnt = self.metrics.get(LEARNT)
        unlearnt = 0 if learnt is None else round(learnt.n * (1 - learnt.mean))
        counts += [f"{unlearnt} not learnt"] if unlearnt else []
        return ", ".join(counts + ([f"{self.stale} stale"] if self.stale else [])) or "none"


class _Entry(NamedTuple):
    track: Track
    task: str
    train_size: int
    method: str


def leaderboard(
    results: Sequence[TrialResult], *, bootstrap: int = 2000, current_keys: Collection[str] | None = None
) -> list[LeaderboardRow]:
    """The rows of all results: tasks in order of appearance, largest training size first, best tier first.

    bootstrap       resamples of an interval over more than 8 seeds (up to 8 seeds the bootstrap is exact)
    current_keys    keys of today's plan; other results are counted as stale and enter no mean
    """
    selection = select(results, current_keys)
    groups: dict[_Entry, list[TrialResult]] = defaultdict(list)
    stale: Counter[_Entry] = Counter()
    for result in selection.current:
        groups[_entry(result)].append(result)
    for result in selection.stale:
        stale[_entry(result)] += 1
        groups.setdefault(_entry(result), [])
    component = {_entry(r): r.spec.method.name for r in results}
    tables: dict[tuple[Track, str], dict[int, list[_Entry]]] = {(r.spec.track, r.spec.task_label): {} for r in results}
    for entry in groups:
        tables[entry.track, entry.task].setdefault(entry.train_size, []).append(entry)
    rows: list[LeaderboardRow] = []
    with threadpool_limits(1):  # for thousands of small products, starting threads takes longer than the product
        for (track, _), by_size in tables.items():
            for size in sorted(by_size, reverse=True):
                entries = {entry: groups[entry] for entry in by_size[size]}
                references = {e for e in entries if is_reference(track, component[e])}
                competing = {e.method: trials for e, trials in entries.items() if e not in references}
                ranks = _tiers(track, competing, bootstrap)
                of_size = [
                    _row(e, trials, ranks.get(e.method), stale[e], e in references, bootstrap)
                    for e, trials in entries.items()
                ]
                rows += sorted(of_size, key=_position)
    return rows


def scores_by_seed(results: Sequence[TrialResult], name: str) -> dict[int, float]:
    """The metric of each trial that ended ok and has a finite value, by seed."""
    return {
        r.spec.seed: r.metrics[name]
        for r in results
        if r.status is Status.OK and is_number(r.metrics.get(name, math.nan))
    }


def is_number(value: float) -> bool:
    """Whether a value can enter a mean: finite, and with a finite square."""
    return math.isfinite(value) and abs(value) < _LARGEST


def is_reference(track: Track, method: str) -> bool:
    """Whether a method uses the known answer, so that it is shown and not ranked; False for an unknown method."""
    if track is Track.CLASSIFICATION:
        return False
    from symbench.registry import find_discovery_method

    try:
        cls = find_discovery_method(method)
        return cls.sees_truth or cls.sees_label
    except UnknownNameError:
        return False


def _entry(result: TrialResult) -> _Entry:
    spec = result.spec
    return _Entry(spec.track, spec.task_label, spec.train_size, spec.method_label)


def _tiers(track: Track, entries: dict[str, list[TrialResult]], bootstrap: int) -> dict[str, int]:
    by_method = {method: scores_by_seed(trials, SCORE[track]) for method, trials in entries.items()}
    return tiers(by_method, higher_is_better=higher_is_better(track), resamples=bootstrap)


def _row(
    entry: _Entry, trials: list[TrialResult], tier: int | None, stale: int, bound: bool, bootstrap: int
) -> LeaderboardRow:
    good = [r for r in trials if r.status is Status.OK]
    columns: dict[str, list[float]] = defaultdict(list)
    for result in good:
        for name, value in result.metrics.items():
            columns[name].append(value)
        for name, value in result.timings.items():
            columns[f"{name}_seconds"].append(value)
        if result.peak_memory_mib is not None:
            columns["peak_memory_mib"].append(result.peak_memory_mib)
    recorded = {name: len(values) for name, values in columns.items()}
    columns = {name: [v for v in values if is_number(v)] for name, values in columns.items()}
    by_length: dict[int, list[str]] = defaultdict(list)  # columns of equal length are resampled together
    for name in sorted(columns):
        by_length[len(columns[name])].append(name)
    estimates: dict[str, Estimate] = {}
    for names in (names for n, names in by_length.items() if n):
        means = bootstrap_means([columns[name] for name in names], resamples=bootstrap)
        estimates |= dict(zip(names, means, strict=True))
    metrics = {name: estimates[name] for name in columns if name in estimates}
    algebras = Counter(sorted(r.notes["algebra"] for r in good if "algebra" in r.notes)).most_common(1)
    statuses = Counter(r.status for r in trials)
    return LeaderboardRow(
        track=entry.track,
        task=entry.task,
        method=entry.method,
        train_size=entry.train_size,
        tier=tier,
        score=metrics.get(SCORE[entry.track]),
        metrics=metrics,
        not_finite={name: recorded[name] - len(v) for name, v in columns.items() if len(v) < recorded[name]},
        statuses={status: statuses[status] for status in Status if statuses[status]},
        stale=stale,
        algebra=algebras[0][0] if algebras else None,
        algebra_votes=algebras[0][1] if algebras else 0,
        bound=bound,
    )


def _position(row: LeaderboardRow) -> tuple[bool, bool, int, float, str]:
    sign = -1.0 if higher_is_better(row.track) else 1.0
    score = sign * row.score.mean if row.score else math.inf
    return row.bound, row.score is None, row.tier or 0, score, row.method
