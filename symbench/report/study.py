"""The input of every part of a report: facts of the suite, current results, and rows of the leaderboard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from symbench.component import Track
from symbench.leaderboard import (
    EfficiencyRow,
    EventsNeededRow,
    FalseDiscoveryRow,
    LeaderboardRow,
    Selection,
    data_efficiency,
    leaderboard,
    select,
)
from symbench.leaderboard.challenge import ChallengeRow, challenges
from symbench.leaderboard.discovery import events_needed, false_discoveries
from symbench.leaderboard.estimates import scores_by_seed
from symbench.leaderboard.tuning import TuningRow, tuning_rows
from symbench.metrics.catalog import SCORE
from symbench.suite.published import PublishedFigure
from symbench.tasks.base import ClassificationTask, GeneratorTask
from symbench.trial.result import Status, TrialResult

if TYPE_CHECKING:
    from symbench.data.container import Provenance
    from symbench.suite.resolve import CheckedSuite

DISCOVERY_TRACKS = (Track.INVARIANT, Track.FUNCTION, Track.DISTRIBUTION, Track.DYNAMICS)


@dataclass(frozen=True)
class SuiteFacts:
    """Facts of a suite that a report shows.

    text        the suite file
    baselines   task label → label of the baseline, for classification tasks
    classes     task label → names of the classes, for classification tasks
    tuning      searches and their winners
    components  task label → names of the components of its vectors, if they have names
    pools       task label → events from which training events are drawn, for results that do not state it
    """

    name: str
    description: str = ""
    text: str | None = None
    baselines: Mapping[str, str] = field(default_factory=dict)
    published: tuple[PublishedFigure, ...] = ()
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tuning: tuple[TuningRow, ...] = ()
    components: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pools: Mapping[str, int] = field(default_factory=dict)

    @staticmethod
    def of(suite: CheckedSuite) -> SuiteFacts:
        """The facts of a checked suite."""
        baselines = {block.task_label: block.baseline for block in suite.blocks if block.baseline is not None}
        tasks = {block.task_label: block.task for block in suite.blocks}
        classes = {label: task.label_names() for label, task in tasks.items() if isinstance(task, ClassificationTask)}
        return SuiteFacts(
            suite.name,
            suite.description,
            suite.text,
            baselines,
            tuple(suite.published()),
            classes,
            tuple(tuning_rows(suite)),
            {label: task.vector_components() for label, task in tasks.items() if isinstance(task, GeneratorTask)},
            suite.pools(),
        )


@dataclass(frozen=True)
class Study:
    """Results, with the queries that the parts of a report share.

    provenance    task label → provenance of its data; for other tasks the trials' notes are used
    """

    facts: SuiteFacts
    results: Sequence[TrialResult]
    current_keys: Collection[str] | None = None
    provenance: Mapping[str, Provenance] = field(default_factory=dict)

    @cached_property
    def selection(self) -> Selection:
        return select(self.results, self.current_keys)

    @cached_property
    def rows(self) -> list[LeaderboardRow]:
        return leaderboard(self.results, current_keys=self.current_keys, pools=self.facts.pools)

    @cached_property
    def false_discoveries(self) -> list[FalseDiscoveryRow]:
        return false_discoveries(self.selection.current)

    @cached_property
    def challenges(self) -> list[ChallengeRow]:
        return challenges(self.results, self.current_keys)

    @cached_property
    def events_needed(self) -> list[EventsNeededRow]:
        return events_needed(self.selection.current)

    @cached_property
    def efficiency(self) -> list[EfficiencyRow]:
        """The data efficiency of the entries of every task whose baseline has current results."""
        rows: list[EfficiencyRow] = []
        for task in self.tasks(*(track for track in Track if track.trained)):
            baseline = self.baseline(task)
            current = {r.spec.method_label for r in self.selection.current if r.spec.task_label == task}
            if baseline is not None and baseline in current:  # it may be stale
                rows += data_efficiency(self.selection.current, baseline, task_label=task)
        return rows

    def tasks(self, *tracks: Track) -> list[str]:
        """Labels of the tasks of these tracks, in order of appearance."""
        return list(dict.fromkeys(row.task for row in self.rows if row.track in tracks))

    def tested(self) -> list[str]:
        """Labels of all tasks with current results, challenged ones included, in order of appearance."""
        return list(dict.fromkeys(result.spec.task_label for result in self.selection.current))

    def track(self, task: str) -> Track:
        """The track of a task."""
        return self.rows_of(task)[0].track

    def number(self, task: str, *tracks: Track) -> int:
        """The place of a task among those of these tracks, track by track, from 1."""
        return self.tasks(*tracks).index(task) + 1

    @cached_property
    def _rows_of(self) -> dict[str, list[LeaderboardRow]]:
        rows: dict[str, list[LeaderboardRow]] = defaultdict(list)
        for row in self.rows:
            rows[row.task].append(row)
        return dict(rows)

    @cached_property
    def _trials_of(self) -> dict[str, dict[tuple[str, int], list[TrialResult]]]:
        """Task → (method, training size) → current trials."""
        trials: dict[str, dict[tuple[str, int], list[TrialResult]]] = defaultdict(lambda: defaultdict(list))
        for result in self.selection.current:
            spec = result.spec
            trials[spec.task_label][spec.method_label, spec.train_size].append(result)
        return trials

    def _notes(self, task: str, name: str) -> str | None:
        """The first note of this name among the trials of a task."""
        trials = (result for entry in self._trials_of.get(task, {}).values() for result in entry)
        return next((result.notes[name] for result in trials if name in result.notes), None)

    def rows_of(self, task: str, size: int | None = None) -> list[LeaderboardRow]:
        """The task's rows, of one training size if `size` is stated."""
        return [row for row in self._rows_of.get(task, []) if size in (None, row.train_size)]

    def largest(self, task: str) -> int:
        """The largest training size of a task."""
        return max(row.train_size for row in self.rows_of(task))

    @cached_property
    def _references(self) -> frozenset[str]:
        return frozenset(row.method for row in self.rows if row.bound)

    @cached_property
    def _appearance(self) -> list[str]:
        return list(dict.fromkeys(result.spec.method_label for result in self.results))

    def methods(self, task: str | None = None) -> list[str]:
        """Labels of the methods, competing ones first, in order of appearance."""
        rows = self.rows if task is None else self.rows_of(task)
        references = {row.method for row in rows if row.bound}
        known = {row.method for row in rows}
        return sorted((m for m in self._appearance if m in known), key=lambda m: m in references)

    def drawn(self, task: str, limit: int) -> list[str]:
        """The methods that a figure of the task has room for: the best ones at the largest size, in their usual order.

        The best of the reference rows are among them, after all competing methods.
        """
        best = [row.method for row in sorted(self.rows_of(task, self.largest(task)), key=lambda row: row.bound)]
        chosen = set(list(dict.fromkeys([*best, *self.methods(task)]))[:limit])
        return [method for method in self.methods(task) if method in chosen]

    def left_out(self, task: str, limit: int) -> str:
        """A sentence on the methods that `drawn` leaves out; empty if there are none."""
        missing = len(self.methods(task)) - limit
        return f" The best {limit} of {limit + missing} methods are drawn." if missing > 0 else ""

    def is_reference(self, method: str) -> bool:
        """Whether a method is a reference row: it uses the known answer and is not ranked."""
        return method in self._references

    def ok(self, task: str, method: str, size: int) -> list[TrialResult]:
        """The trials of an entry that ended ok, by seed."""
        trials = (t for t in self._trials_of.get(task, {}).get((method, size), ()) if t.status is Status.OK)
        return sorted(trials, key=lambda r: r.spec.seed)

    def typical(self, task: str, method: str, size: int) -> TrialResult | None:
        """The trial of the (lower) median score, the first if none has a score; None without a successful trial."""
        trials = self.ok(task, method, size)
        if not trials:
            return None
        by_seed = scores_by_seed(trials, SCORE[trials[0].spec.track])
        ranked = sorted((t for t in trials if t.spec.seed in by_seed), key=lambda t: by_seed[t.spec.seed])
        return ranked[(len(ranked) - 1) // 2] if ranked else trials[0]

    def truth_name(self, task: str) -> str | None:
        """The name that trials noted for the true algebra; `none` for a control."""
        return self._notes(task, "truth")

    def unbroken(self, task: str) -> str | None:
        """`so(3), broken by 50 to 81 %` as trials noted it, of a task whose symmetry is broken; None for others.

        If each seed is another task, this is one of them.
        """
        return self._notes(task, "unbroken")

    def truth_text(self, task: str) -> str | None:
        """The truth of a task as a heading: its name, and of a broken symmetry by how much it is broken."""
        unbroken = self.unbroken(task)
        return self.truth_name(task) if unbroken is None else f"{self.truth_name(task)}; {unbroken}"

    def baseline(self, task: str) -> str | None:
        """The suite's baseline for data efficiency; None if it has no trial."""
        label = self.facts.baselines.get(task)
        return label if label in self.methods(task) else None
