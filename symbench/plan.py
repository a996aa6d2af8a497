"""What of a suite is done, stale, to be repeated or missing, and what the rest will cost."""

from __future__ import annotations

import fnmatch
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from symbench.records import Recorded
from symbench.series import Cell, Series, cells
from symbench.suite import Suite
from symbench.trial import Resources, Status, TrialResult, TrialSpec
from symbench.tuning.search import Standing


class State(StrEnum):
    """A trial of the plan, seen from the journal."""

    DONE = "done"
    STALE = "stale"  # answered by another version of code or data: runs again
    RETRY = "retry"  # failed, timed out or ran out of memory last time: runs again
    MISSING = "missing"
    INCOMPATIBLE = "incompatible"  # recorded without running
    WAITING = "waiting"  # a search has yet to find its parameters

    @property
    def runs(self) -> bool:
        """Whether the trial needs a worker."""
        return self in (State.MISSING, State.STALE, State.RETRY)


@dataclass(frozen=True)
class Plan:
    """A suite seen against a journal. Trials are expanded anew at each pass, never held.

    A tuned suite comes here with its winners (`tuning.winners`): trials of entries that have none yet are waiting.
    `only` selects entries, and with them the trials whose results they use; `fresh` runs what was selected by its own
    name again.
    """

    suite: Suite
    recorded: Mapping[str, Recorded]
    only: str | None = None
    fresh: bool = False

    def cells(self) -> Iterator[tuple[Cell, State]]:
        """Every selected trial with its state, before its spec is built."""
        questions: set[str] | None = None  # made at the first trial that has no result: where all is done, never
        reasons, waiting = self.suite.incompatibilities(), self.suite.waiting()
        used = self._used() if self.only is not None else {}
        taken: dict[Series, tuple[bool, bool, bool]] = {}
        for cell in cells(self.suite):
            series = cell.series
            if series not in taken:
                labels = (series.template.task_label, series.template.method_label)
                taken[series] = selected(series.template, self.only), labels in reasons, labels in waiting
            wanted, incompatible, unknown = taken[series]
            if not wanted and not (used and _used_trial(cell) in used.get(_labels(cell), ())):
                continue
            if unknown:
                yield cell, State.WAITING
                continue
            fresh = self.fresh and wanted
            known = None if fresh or not self.recorded else self.recorded.get(cell.key)
            if known is not None and known.final:
                yield cell, State.DONE
            elif incompatible:
                yield cell, State.INCOMPATIBLE
            elif known is not None:
                yield cell, State.RETRY
            elif fresh:
                yield cell, State.MISSING
            else:
                if questions is None:
                    questions = {result.question for result in self.recorded.values()}
                yield cell, State.STALE if questions and cell.question in questions else State.MISSING

    def _used(self) -> dict[tuple[str, str], set[tuple[int, int]]]:
        """Size and seed of the trials, by their labels, whose results the selected ones use."""
        found: dict[tuple[str, str], set[tuple[int, int]]] = defaultdict(set)
        for block, entry, link in self.suite.links():
            if _matches(block.task_label, entry.label, self.only):
                found[link.labels] |= {(link.train_size, link.seed(seed)) for seed in block.seeds}
        return found

    def trials(self) -> Iterator[tuple[TrialSpec, State]]:
        """Every selected trial with its state."""
        return ((cell.spec, state) for cell, state in self.cells())

    def searches(self) -> list[Standing]:
        """The searches of the selected entries, each once, in the suite's order."""
        found: dict[str, Standing] = {}
        for block, entry, search in self.suite.searches():
            if entry.standing is not None and _matches(block.task_label, entry.label, self.only):
                found.setdefault(search.key, entry.standing)
        return list(found.values())

    def view(self) -> View:
        """What is recorded for the trials of this plan."""
        keys: set[str] = set()
        results: list[Recorded] = []
        questions: set[str] = set()
        for cell, state in self.cells():
            if state is State.WAITING:
                continue
            key = cell.key
            keys.add(key)
            if (known := self.recorded.get(key)) is not None:
                results.append(known)
            elif state is State.STALE:
                questions.add(cell.question)
        stale = [r for r in self.recorded.values() if r.question in questions] if questions else []
        return View(results, stale, keys)

    def keys(self) -> set[str]:
        """The keys of the selected trials."""
        return {cell.key for cell, state in self.cells() if state is not State.WAITING}

    def results(self) -> list[Recorded]:
        """`results` of `view`."""
        return self.view().results

    def stale(self) -> list[Recorded]:
        """`stale` of `view`."""
        return self.view().stale

    def summary(self) -> list[PlanRow]:
        """One row per task, method and training size."""
        seconds = _seconds_by_entry(self.recorded.values())
        states: dict[tuple[Series, int], Counter[State]] = defaultdict(Counter)
        uses = {
            (block.task_label, entry.label): link.describe(block.seeds) for block, entry, link in self.suite.links()
        }
        for cell, state in self.cells():
            states[cell.series, cell.train_size][state] += 1
        rows = []
        for (series, size), counts in states.items():
            spec = series.template
            entry = (spec.track.value, spec.task_label, spec.method_label, size)
            used = uses.get((spec.task_label, spec.method_label))
            rows.append(PlanRow(*entry, counts, seconds.get(entry), spec.resources, used))
        return rows


@dataclass(frozen=True)
class View:
    """What a journal holds for a plan.

    results     what is recorded for its trials, whatever its status, in the suite's order
    stale       results of its questions that another version of code or data gave
    keys        the keys of its trials
    """

    results: list[Recorded]
    stale: list[Recorded]
    keys: set[str]


@dataclass(frozen=True)
class PlanRow:
    """The trials of one entry at one training size.

    seconds   the median of what was recorded, if anything
    uses      whose results the trials use, if anyone's
    """

    track: str
    task: str
    method: str
    train_size: int
    states: Counter[State]
    seconds: float | None
    resources: Resources
    uses: str | None = None

    @property
    def to_run(self) -> int:
        return sum(count for state, count in self.states.items() if state.runs)


def selected(spec: TrialSpec, only: str | None) -> bool:
    """Whether `--only` takes this trial: a pattern on `task/method`, or on either, with * and ?."""
    return _matches(spec.task_label, spec.method_label, only)


def _matches(task: str, method: str, only: str | None) -> bool:
    if only is None:
        return True
    names = (task, method, f"{task}/{method}")
    return any(fnmatch.fnmatchcase(name, only) for name in names)


def _labels(cell: Cell) -> tuple[str, str]:
    return cell.series.template.task_label, cell.series.template.method_label


def _used_trial(cell: Cell) -> tuple[int, int]:
    return cell.train_size, cell.seed


def _seconds_by_entry(results: Iterable[TrialResult]) -> dict[tuple[str, str, str, int], float]:
    durations: dict[tuple[str, str, str, int], list[float]] = defaultdict(list)
    for result in results:
        spec = result.spec
        if result.status is Status.OK and "total" in result.timings and spec.configuration is None:
            entry = (spec.track.value, spec.task_label, spec.method_label, spec.train_size)
            durations[entry].append(result.timings["total"])
    return {entry: statistics.median(values) for entry, values in durations.items()}
