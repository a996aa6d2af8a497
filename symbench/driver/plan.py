"""What of a suite is done, stale, to be repeated or missing, and what the rest will cost."""

from __future__ import annotations

import fnmatch
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from symbench.journal.records import JournaledResult
from symbench.suite.resolve import Suite
from symbench.trial.expand import PlannedTrial, TrialTemplate, planned_trials
from symbench.trial.resources import Resources
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec
from symbench.tuning.search import SearchState


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
    recorded: Mapping[str, JournaledResult]
    only: str | None = None
    fresh: bool = False

    def planned_trials(self) -> Iterator[tuple[PlannedTrial, State]]:
        """Every selected trial with its state, before its spec is built."""
        questions: set[str] | None = None  # made at the first trial that has no result: where all is done, never
        reasons, waiting = self.suite.incompatibilities(), self.suite.waiting()
        used = self._used() if self.only is not None else {}
        taken: dict[TrialTemplate, tuple[bool, bool, bool]] = {}
        for planned in planned_trials(self.suite):
            template = planned.template
            if template not in taken:
                labels = (template.common.task_label, template.common.method_label)
                taken[template] = selected(template.common, self.only), labels in reasons, labels in waiting
            wanted, incompatible, unknown = taken[template]
            if not wanted and not (used and _used_trial(planned) in used.get(_labels(planned), ())):
                continue
            if unknown:
                yield planned, State.WAITING
                continue
            fresh = self.fresh and wanted
            known = None if fresh or not self.recorded else self.recorded.get(planned.key)
            if known is not None and known.final:
                yield planned, State.DONE
            elif incompatible:
                yield planned, State.INCOMPATIBLE
            elif known is not None:
                yield planned, State.RETRY
            elif fresh:
                yield planned, State.MISSING
            else:
                if questions is None:
                    questions = {result.question for result in self.recorded.values()}
                yield planned, State.STALE if questions and planned.question in questions else State.MISSING

    def _used(self) -> dict[tuple[str, str], set[tuple[int, int]]]:
        """Size and seed of the trials, by their labels, whose results the selected ones use."""
        found: dict[tuple[str, str], set[tuple[int, int]]] = defaultdict(set)
        for block, entry, link in self.suite.links():
            if _matches(block.task_label, entry.label, self.only):
                found[link.labels] |= {(link.train_size, link.seed(seed)) for seed in block.seeds}
        return found

    def trials(self) -> Iterator[tuple[TrialSpec, State]]:
        """Every selected trial with its state."""
        return ((planned.spec, state) for planned, state in self.planned_trials())

    def searches(self) -> list[SearchState]:
        """The searches of the selected entries, each once, in the suite's order."""
        found: dict[str, SearchState] = {}
        for block, entry, search in self.suite.searches():
            if entry.search_state is not None and _matches(block.task_label, entry.label, self.only):
                found.setdefault(search.key, entry.search_state)
        return list(found.values())

    def view(self) -> View:
        """What is recorded for the trials of this plan."""
        keys: set[str] = set()
        results: list[JournaledResult] = []
        questions: set[str] = set()
        for planned, state in self.planned_trials():
            if state is State.WAITING:
                continue
            key = planned.key
            keys.add(key)
            if (known := self.recorded.get(key)) is not None:
                results.append(known)
            elif state is State.STALE:
                questions.add(planned.question)
        stale = [r for r in self.recorded.values() if r.question in questions] if questions else []
        return View(results, stale, keys)

    def keys(self) -> set[str]:
        """The keys of the selected trials."""
        return {planned.key for planned, state in self.planned_trials() if state is not State.WAITING}

    def results(self) -> list[JournaledResult]:
        """`results` of `view`."""
        return self.view().results

    def stale(self) -> list[JournaledResult]:
        """`stale` of `view`."""
        return self.view().stale

    def summary(self) -> list[PlanRow]:
        """One row per task, method and training size."""
        seconds = _seconds_by_entry(self.recorded.values())
        states: dict[tuple[TrialTemplate, int], Counter[State]] = defaultdict(Counter)
        uses = {
            (block.task_label, entry.label): link.describe(block.seeds) for block, entry, link in self.suite.links()
        }
        for planned, state in self.planned_trials():
            states[planned.template, planned.train_size][state] += 1
        rows = []
        for (template, size), counts in states.items():
            spec = template.common
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

    results: list[JournaledResult]
    stale: list[JournaledResult]
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


def _labels(planned: PlannedTrial) -> tuple[str, str]:
    return planned.template.common.task_label, planned.template.common.method_label


def _used_trial(planned: PlannedTrial) -> tuple[int, int]:
    return planned.train_size, planned.seed


def _seconds_by_entry(results: Iterable[TrialResult]) -> dict[tuple[str, str, str, int], float]:
    durations: dict[tuple[str, str, str, int], list[float]] = defaultdict(list)
    for result in results:
        spec = result.spec
        if result.status is Status.OK and "total" in result.timings and spec.configuration is None:
            entry = (spec.track.value, spec.task_label, spec.method_label, spec.train_size)
            durations[entry].append(result.timings["total"])
    return {entry: statistics.median(values) for entry, values in durations.items()}
