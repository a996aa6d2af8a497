"""Rows of the leaderboard, one for each (track, task, method, training size): score, interval, tier and statuses."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pydantic import Field
from threadpoolctl import threadpool_limits

from symbench.algebra.approximate import broken_by, is_approximate
from symbench.component import FrozenModel, Track
from symbench.errors import UnknownNameError
from symbench.leaderboard.estimates import estimate, is_number
from symbench.leaderboard.ranking import Ranking, rank
from symbench.leaderboard.rejections import RejectionError, rejection_errors
from symbench.leaderboard.selection import select
from symbench.leaderboard.shared_events import shared_events
from symbench.metrics.catalog import SCORE, higher_is_better
from symbench.metrics.discovery.learnt import LEARNT
from symbench.stats.intervals import Estimate
from symbench.trial.result import Status, TrialResult

SEEDS_FOR_A_CLAIM = 5
"""With fewer seeds, intervals are so wide that hardly any two entries are separated."""


class LeaderboardRow(FrozenModel):
    """The trials of one entry: score, metrics, and the number of trials with each status.

    Metrics are means over the seeds that ended `ok`, with 95 % intervals over seeds.
    """

    track: Track
    task: str = Field(description="label of the task in the suite")
    method: str = Field(description="label of the method in the suite")
    train_size: int = Field(description="training events")
    tier: int | None = Field(
        description="rank within task and size; None without a score, if not above random, and for reference rows"
    )
    above_random: bool | None = Field(
        None, description="whether the score is better than chance; None for reference rows, and without results"
    )
    score: Estimate | None = Field(description="the track's main score; None if no trial has it")
    metrics: dict[str, Estimate] = Field(description="every metric, and every timing in seconds")
    errors: dict[str, RejectionError] = Field(
        default_factory=dict, description="for each background rejection, its standard error, or its lower limit"
    )
    not_finite: dict[str, int] = Field(
        default_factory=dict, description="for each metric, the seeds with an infinite value or NaN; not in its mean"
    )
    statuses: dict[Status, int] = Field(description="current trials by status")
    stale: int = Field(0, description="results of an older version or of other data, not in any mean")
    shared_events: float | None = Field(
        None, description="mean fraction of its training events that a seed shares with another; None if unknown"
    )
    algebra: str | None = Field(None, description="the most frequent name of the algebra over seeds")
    algebra_votes: int = Field(0, description="number of seeds with that name")
    bound: bool = Field(False, description="a reference row: the method uses the known answer and is not ranked")

    @property
    def algebra_text(self) -> str | None:
        """The name of the algebra; of an approximate symmetry with the median of the breaking that the seeds state."""
        breaking = self.metrics.get("breaking_claimed")
        if self.algebra is None or breaking is None or not is_approximate(self.algebra):
            return self.algebra
        return f"{self.algebra}, {broken_by(breaking.median)}"

    @property
    def seeds_ok(self) -> int:
        return self.statuses.get(Status.OK, 0)

    @property
    def provisional(self) -> bool:
        """Whether there are too few seeds to separate entries."""
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
    results: Sequence[TrialResult],
    *,
    current_keys: Collection[str] | None = None,
    pools: Mapping[str, int] | None = None,
) -> list[LeaderboardRow]:
    """The rows of all results: tasks in order of appearance, largest training size first, best tier first.

    current_keys    keys of today's plan; other results are counted as stale and enter no mean
    pools           task label → events from which training events are drawn, for results that do not state it
    """
    results = [r for r in results if r.spec.track is not Track.CHALLENGE]  # no ranks: see leaderboard/challenge.py
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
                ranking = rank(track, competing)
                of_size = [
                    _row(e, trials, ranking if e not in references else Ranking(), stale[e], e in references, pools)
                    for e, trials in entries.items()
                ]
                rows += sorted(of_size, key=_position)
    return rows


def is_reference(track: Track, method: str) -> bool:
    """Whether a method uses the known answer, so that it is shown and not ranked; False for an unknown method."""
    if track.trained:
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


def _row(
    entry: _Entry, trials: list[TrialResult], ranking: Ranking, stale: int, bound: bool, pools: Mapping[str, int] | None
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
    known = {SCORE[entry.track]: ranking.score_variance.get(entry.method, 0.0)}
    metrics = {
        name: estimate(name, values, extra_variance=known.get(name, 0.0)) for name, values in columns.items() if values
    }
    algebras = Counter(sorted(r.notes["algebra"] for r in good if "algebra" in r.notes)).most_common(1)
    statuses = Counter(r.status for r in trials)
    return LeaderboardRow(
        track=entry.track,
        task=entry.task,
        method=entry.method,
        train_size=entry.train_size,
        tier=ranking.tiers.get(entry.method),
        above_random=None if bound or not good else entry.method not in ranking.not_above_random,
        score=metrics.get(SCORE[entry.track]),
        metrics=metrics,
        errors=rejection_errors(good),
        not_finite={name: recorded[name] - len(v) for name, v in columns.items() if len(v) < recorded[name]},
        statuses={status: statuses[status] for status in Status if statuses[status]},
        stale=stale,
        shared_events=shared_events(good, pools),
        algebra=algebras[0][0] if algebras else None,
        algebra_votes=algebras[0][1] if algebras else 0,
        bound=bound,
    )


def _position(row: LeaderboardRow) -> tuple[bool, bool, bool, int, float, str]:
    sign = -1.0 if higher_is_better(row.track) else 1.0
    score = sign * row.score.mean if row.score else math.inf
    return row.bound, row.score is None, row.above_random is False, row.tier or 0, score, row.method
