"""A search during one run: the next configuration, which trainings continue, and when the budget is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice

from symbench.data.splits import Pool
from symbench.driver.plan import Plan
from symbench.plugins import Plugin
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec
from symbench.tuning.halving import Halving
from symbench.tuning.search import LOSS, Search, SearchState, by_search, core_seconds, search_state
from symbench.tuning.training import Parts, stopped


class Course:
    """Gives the configurations that have no result, as long as the budget lasts.

    earlier   results that previous runs of the search recorded, by index
    """

    def __init__(self, search: Search, earlier: Mapping[int, TrialResult]) -> None:
        self.search = search
        self._results = dict(earlier)
        self._running: set[int] = set()
        self._specs = search.specs()
        self._configurations: list[TrialSpec] = []

    @property
    def search_state(self) -> SearchState:
        """Its state with the results so far."""
        return search_state(self.search, self._results)

    def next(self) -> TrialSpec | None:
        """The next configuration; None if there is none, or none before a running training has ended."""
        state = self.search_state
        if state.finished or (self.search.settings.core_minutes is not None and self._must_wait(state)):
            return None
        index = 0
        while index in self._results or index in self._running:
            index += 1
        self._configurations += islice(self._specs, max(0, index + 1 - len(self._configurations)))
        if index >= len(self._configurations):
            return None
        self._running.add(index)
        return self._configurations[index]

    def stops(self, spec: TrialSpec, rung: int, loss: float) -> bool:
        """Whether this training ends at the rung that it has reached."""
        return self._halving.stops(_index(spec), rung, loss)

    def ended(self, result: TrialResult) -> None:
        """Take the result of a training."""
        self._running.discard(_index(result.spec))
        self._results[_index(result.spec)] = result

    def _must_wait(self, state: SearchState) -> bool:
        """Whether the running trainings may spend the rest of the budget; the first one shows the cost of each."""
        if not self._running:
            return False
        ended = self._results.values()
        if not ended:
            return True
        each = sum(core_seconds(result) for result in ended) / len(ended)
        return state.core_seconds + each * len(self._running) >= 60 * (self.search.settings.core_minutes or 0)

    @cached_property
    def _halving(self) -> Halving:
        return Halving(self.search.settings, self._results.values())


def courses(plan: Plan) -> list[Course]:
    """The searches of the plan's entries that are not finished, have no winner, or are to be repeated (`fresh`)."""
    recorded = by_search(plan.recorded.values())
    unfinished = []
    for state in plan.searches():
        if plan.fresh or state.fruitless:
            unfinished.append(Course(state.search, {}))
        elif not state.finished:
            unfinished.append(Course(state.search, recorded.get(state.search.key, {})))
    return unfinished


def train_here(course: Course, spec: TrialSpec, pool: Pool, plugins: Sequence[Plugin]) -> TrialResult:
    """One training of a search in this process, stopped at a rung if the search decides so."""
    parts = Parts(spec, course.search.settings, pool, plugins)
    while True:
        result = parts.next()
        if parts.ended:
            return result
        if course.stops(spec, parts.rung, result.metrics[LOSS]):
            return stopped(result, parts.rung)


def _index(spec: TrialSpec) -> int:
    assert spec.configuration is not None
    return spec.configuration.index
