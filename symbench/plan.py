"""What of a suite is done, stale, to be repeated or missing, and what the rest will cost."""

from __future__ import annotations

import fnmatch
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from symbench.suite import Suite
from symbench.trial import Status, TrialResult, TrialSpec


class State(StrEnum):
    """A trial of the plan, seen from the journal."""

    DONE = "done"
    STALE = "stale"  # answered by another version of code or data: runs again
    RETRY = "retry"  # failed, timed out or ran out of memory last time: runs again
    MISSING = "missing"
    INCOMPATIBLE = "incompatible"  # recorded without running

    @property
    def runs(self) -> bool:
        """Whether the trial needs a worker."""
        return self in (State.MISSING, State.STALE, State.RETRY)


@dataclass(frozen=True)
class Plan:
    """A suite seen against a journal. Trials are expanded anew at each pass, never held."""

    suite: Suite
    recorded: Mapping[str, TrialResult]
    only: str | None = None
    fresh: bool = False

    def trials(self) -> Iterator[tuple[TrialSpec, State]]:
        """Every selected trial with its state."""
        questions: set[str] | None = None  # made at the first trial that has no result: where all is done, never
        reasons = self.suite.incompatibilities()
        for spec in self.suite.trials():
            if not selected(spec, self.only):
                continue
            known = None if self.fresh else self.recorded.get(spec.key)
            if known is not None and known.status.final:
                yield spec, State.DONE
            elif (spec.task_label, spec.method_label) in reasons:
                yield spec, State.INCOMPATIBLE
            elif known is not None:
                yield spec, State.RETRY
            elif self.fresh:
                yield spec, State.MISSING
            else:
                if questions is None:
                    questions = {result.spec.question for result in self.recorded.values()}
                yield spec, State.STALE if spec.question in questions else State.MISSING

    def keys(self) -> set[str]:
        """The keys of the selected trials."""
        return {spec.key for spec, _ in self.trials()}

    def results(self) -> list[TrialResult]:
        """What is recorded for the trials of this plan, whatever its status, in the suite's order."""
        return [self.recorded[spec.key] for spec, _ in self.trials() if spec.key in self.recorded]

    def stale(self) -> list[TrialResult]:
        """Recorded results of this suite's questions that another version of code or data gave."""
        specs = [spec for spec, state in self.trials() if state is State.STALE]
        questions = {spec.question for spec in specs}
        return [r for r in self.recorded.values() if r.spec.question in questions]

    def summary(self) -> list[PlanRow]:
        """One row per task, method and training size."""
        seconds = _seconds_by_entry(self.recorded.values())
        states: dict[tuple[str, str, str, int], Counter[State]] = defaultdict(Counter)
        resources = {}
        for spec, state in self.trials():
            entry = (spec.track.value, spec.task_label, spec.method_label, spec.train_size)
            states[entry][state] += 1
            resources[entry] = spec.resources
        return [
            PlanRow(*entry, counts, seconds.get(entry), resources[entry].cpus, resources[entry].gpus)
            for entry, counts in states.items()
        ]


@dataclass(frozen=True)
class PlanRow:
    """The trials of one entry at one training size; `seconds` is the median of what was recorded, if anything."""

    track: str
    task: str
    method: str
    train_size: int
    states: Counter[State]
    seconds: float | None
    cpus: float
    gpus: float

    @property
    def to_run(self) -> int:
        return sum(count for state, count in self.states.items() if state.runs)


def selected(spec: TrialSpec, only: str | None) -> bool:
    """Whether `--only` takes this trial: a pattern on `task/method`, or on either, with * and ?."""
    if only is None:
        return True
    names = (spec.task_label, spec.method_label, f"{spec.task_label}/{spec.method_label}")
    return any(fnmatch.fnmatchcase(name, only) for name in names)


def _seconds_by_entry(results: Iterable[TrialResult]) -> dict[tuple[str, str, str, int], float]:
    durations: dict[tuple[str, str, str, int], list[float]] = defaultdict(list)
    for result in results:
        if result.status is Status.OK and "total" in result.timings:
            spec = result.spec
            entry = (spec.track.value, spec.task_label, spec.method_label, spec.train_size)
            durations[entry].append(result.timings["total"])
    return {entry: statistics.median(values) for entry, values in durations.items()}
