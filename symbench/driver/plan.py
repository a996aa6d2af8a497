"""The state of each trial of a suite (done, stale, to be repeated, missing), and its results in the journal."""

from __future__ import annotations

import fnmatch
import hashlib
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from symbench.errors import UnknownNameError
from symbench.journal.records import JournaledResult
from symbench.suite.blocks import CheckedSuite
from symbench.trial.expand import PlannedTrial, TrialTemplate, planned_trials
from symbench.trial.resources import Resources
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec
from symbench.tuning.search import SearchState


class State(StrEnum):
    """The state of a planned trial according to the journal."""

    DONE = "done"
    STALE = "stale"  # recorded with another version of code or data: runs again
    RETRY = "retry"  # failed, timed out or ran out of memory last time: runs again
    MISSING = "missing"
    INCOMPATIBLE = "incompatible"  # recorded without running
    WAITING = "waiting"  # its parameters depend on a search that has not finished

    @property
    def runs(self) -> bool:
        """Whether the trial needs a worker."""
        return self in (State.MISSING, State.STALE, State.RETRY)


@dataclass(frozen=True)
class Plan:
    """A suite compared with a journal. Trials are expanded in each pass, never held.

    Results are looked up by key only. Other content of the journal, such as an entry's earlier label, has no influence
    on where a result is shown. A tuned suite must contain its winners (`driver.winners`); trials of entries without a
    winner are waiting.

    only    selects entries, and with them the trials whose results they use; None selects all
    fresh   whether trials of the entries that `only` selects run again even if they are recorded
    Raises UnknownNameError if `only` matches no entry.
    """

    suite: CheckedSuite
    recorded: Mapping[str, JournaledResult]
    only: str | None = None
    fresh: bool = False

    def __post_init__(self) -> None:
        if self.only is None:
            return
        entries = [(block.task_label, entry.label) for block in self.suite.blocks for entry in block.entries]
        if not any(is_selected(task, method, self.only) for task, method in entries):
            names = {name for task, method in entries for name in (task, method, f"{task}/{method}")}
            raise UnknownNameError("entry", self.only, names)

    def unfiltered(self) -> Iterator[PlannedTrial]:
        """Every trial of the suite whose parameters are known, selected or not."""
        waiting = self.suite.waiting()
        return (planned for planned in planned_trials(self.suite) if planned.template.labels not in waiting)

    def planned_trials(self) -> Iterator[tuple[PlannedTrial, State]]:
        """Every selected trial with its state, before its spec is built."""
        questions: frozenset[str] | None = None  # computed at the first trial without a result
        reasons, waiting = self.suite.incompatibilities(), self.suite.waiting()
        sources = self._sources_of_selected() if self.only is not None else {}
        selection: dict[TrialTemplate, bool] = {}
        for planned in planned_trials(self.suite):
            template = planned.template
            labels = template.labels
            if template not in selection:
                selection[template] = is_selected(*labels, self.only)
            named = selection[template]
            if not named and (planned.train_size, planned.seed) not in sources.get(labels, ()):
                continue
            if labels in waiting:
                yield planned, State.WAITING
                continue
            again = self.fresh and named
            known = self.recorded.get(planned.key) if self.recorded and not again else None
            state = state_of(known, incompatible=labels in reasons)
            if state is State.MISSING and not again:
                if questions is None:
                    questions = frozenset(result.question for result in self.recorded.values())
                if questions and planned.question in questions:
                    state = State.STALE
            yield planned, state

    def _sources_of_selected(self) -> dict[tuple[str, str], set[tuple[int, int]]]:
        """Labels → (size, seed) of the trials whose results the selected trials use."""
        sizes_and_seeds: dict[tuple[str, str], set[tuple[int, int]]] = defaultdict(set)
        for block, entry, link in self.suite.links():
            if is_selected(block.task_label, entry.label, self.only):
                sizes_and_seeds[link.labels] |= {(link.train_size, link.seed(seed)) for seed in block.seeds}
        return sizes_and_seeds

    def trials(self) -> Iterator[tuple[TrialSpec, State]]:
        """Every selected trial with its state."""
        return ((planned.spec, state) for planned, state in self.planned_trials())

    def searches(self) -> list[SearchState]:
        """The searches of the selected entries, each once, in the suite's order."""
        states: dict[str, SearchState] = {}
        for block, entry, search in self.suite.searches():
            if entry.search_state is not None and is_selected(block.task_label, entry.label, self.only):
                states.setdefault(search.key, entry.search_state)
        return list(states.values())

    def view(self) -> View:
        """The results of the trials of this plan, with the labels of the suite."""
        keys: set[str] = set()
        results: list[JournaledResult] = []
        outdated: dict[str, PlannedTrial] = {}
        for planned, state in self.planned_trials():
            if state is State.WAITING:
                continue
            key = planned.key
            keys.add(key)
            if (known := self.recorded.get(key)) is not None:
                results.append(relabelled(known, planned))
            elif state is State.STALE:
                outdated[planned.question] = planned
        stale = [
            relabelled(result, outdated[result.question])
            for result in (self.recorded.values() if outdated else ())
            if result.question in outdated
        ]
        return View(results, stale, keys)

    def summary(self) -> list[PlanRow]:
        """One row for each task, method and training size."""
        templates: dict[tuple[str, str], TrialTemplate] = {}  # one of each entry, whose task may depend on the seed
        states: dict[tuple[TrialTemplate, int], Counter[State]] = defaultdict(Counter)
        seconds: dict[tuple[TrialTemplate, int], list[float]] = defaultdict(list)
        outdated: dict[str, JournaledResult] | None = None
        for planned, state in self.planned_trials():
            entry = templates.setdefault(planned.template.labels, planned.template), planned.train_size
            states[entry][state] += 1
            known = None if state is State.WAITING else self.recorded.get(planned.key)
            if state is State.STALE:
                if outdated is None:
                    outdated = {result.question: result for result in self.recorded.values()}
                known = outdated[planned.question]
            if known is not None and known.status is Status.OK and "total" in known.timings:
                seconds[entry].append(known.timings["total"])
        sources = {
            (block.task_label, entry.label): link.describe(block.seeds) for block, entry, link in self.suite.links()
        }
        rows = []
        for (template, size), counts in states.items():
            spec = template.common
            rows.append(
                PlanRow(
                    track=spec.track.value,
                    task=spec.task_label,
                    method=spec.method_label,
                    train_size=size,
                    states=counts,
                    seconds=statistics.median(seconds[template, size]) if seconds[template, size] else None,
                    resources=spec.resources,
                    source=sources.get(template.labels),
                )
            )
        return rows


def state_of(known: TrialResult | None, *, incompatible: bool) -> State:
    """The state of a trial by its latest result; MISSING may still become STALE by results of other keys."""
    if known is not None and known.final:
        return State.DONE
    if incompatible:
        return State.INCOMPATIBLE
    return State.MISSING if known is None else State.RETRY


def relabelled(result: JournaledResult, planned: PlannedTrial) -> JournaledResult:
    """The result with today's labels, including those of its source; the same object if they are unchanged."""
    spec, common = result.spec, planned.template.common
    source = planned.source.as_source() if planned.source is not None and spec.source is not None else spec.source
    if (spec.task_label, spec.method_label, spec.source) == (common.task_label, common.method_label, source):
        return result
    labels = {"task_label": common.task_label, "method_label": common.method_label, "source": source}
    return result.model_copy(update={"spec": spec.model_copy(update=labels)})


@dataclass(frozen=True)
class View:
    """The results of a journal for a plan.

    results     results of its trials with any status, in the suite's order
    stale       results of the same questions by another version of code or data
    keys        the keys of its trials
    """

    results: list[JournaledResult]
    stale: list[JournaledResult]
    keys: set[str]

    @property
    def all(self) -> list[JournaledResult]:
        """Current results, then stale ones."""
        return [*self.results, *self.stale]

    @property
    def digest(self) -> str:
        """SHA-256 over the keys of the plan and over every result that is shown: equal digests, equal reports."""
        digest = hashlib.sha256()
        for key in sorted(self.keys):
            digest.update(f"{key}\n".encode())
        for result in self.all:
            spec = result.spec
            digest.update(f"{result.key} {result.finished_at!r} {spec.task_label}/{spec.method_label}\n".encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class PlanRow:
    """The trials of one entry at one training size.

    seconds   median wall time of the recorded trials; None without any
    source    the entry whose results the trials use; None without one
    """

    track: str
    task: str
    method: str
    train_size: int
    states: Counter[State]
    seconds: float | None
    resources: Resources
    source: str | None = None

    @property
    def to_run(self) -> int:
        return sum(count for state, count in self.states.items() if state.runs)


def is_selected(task: str, method: str, only: str | None) -> bool:
    """Whether `--only` selects this entry: a pattern with * and ? on `task/method`, or on either label."""
    if only is None:
        return True
    return any(fnmatch.fnmatchcase(name, only) for name in (task, method, f"{task}/{method}"))
