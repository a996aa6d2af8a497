"""A search on its way in one run: what is trained next, what goes on, and when the budget is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice

from symbench.data.splits import Pool
from symbench.driver.plan import Plan
from symbench.registry import Plugin
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec
from symbench.tuning.halving import Halving
from symbench.tuning.search import LOSS, Search, SearchState, by_search, core_seconds, search_state
from symbench.tuning.training import Parts, stopped


class Course:
    """Hands out the configurations that have no result, as long as the budget lasts.

    earlier   what previous runs of the search recorded, by index
    """

    def __init__(self, search: Search, earlier: Mapping[int, TrialResult]) -> None:
        self.search = search
        self._results = dict(earlier)
        self._under_way: set[int] = set()
        self._specs = search.specs()
        self._drawn: list[TrialSpec] = []

    @property
    def search_state(self) -> SearchState:
        """How far it has come."""
        return search_state(self.search, self._results)

    def next(self) -> TrialSpec | None:
        """What to train next; None where nothing is, or nothing before something that is under way has ended."""
        now = self.search_state
        if now.finished or (self.search.settings.core_minutes is not None and self._must_wait(now)):
            return None
        index = 0
        while index in self._results or index in self._under_way:
            index += 1
        self._drawn += islice(self._specs, max(0, index + 1 - len(self._drawn)))
        if index >= len(self._drawn):
            return None
        self._under_way.add(index)
        return self._drawn[index]

    def stops(self, spec: TrialSpec, rung: int, loss: float) -> bool:
        """Whether this training ends at the rung that it has reached."""
        return self._halving.stops(_index(spec), rung, loss)

    def ended(self, result: TrialResult) -> None:
        """A training has a result."""
        self._under_way.discard(_index(result.spec))
        self._results[_index(result.spec)] = result

    def _must_wait(self, now: SearchState) -> bool:
        """Whether what is under way may spend what is left; what the first one costs is seen before others start."""
        if not self._under_way:
            return False
        ended = self._results.values()
        if not ended:
            return True
        each = sum(core_seconds(result) for result in ended) / len(ended)
        return now.core_seconds + each * len(self._under_way) >= 60 * (self.search.settings.core_minutes or 0)

    @cached_property
    def _halving(self) -> Halving:
        return Halving(self.search.settings, self._results.values())


def courses(plan: Plan) -> list[Course]:
    """The searches of the plan's entries that are not finished, or found nothing, or are asked for anew."""
    recorded = by_search(plan.recorded.values())
    found = []
    for now in plan.searches():
        if plan.fresh or now.fruitless:
            found.append(Course(now.search, {}))
        elif not now.finished:
            found.append(Course(now.search, recorded.get(now.search.key, {})))
    return found


def train_here(course: Course, spec: TrialSpec, pool: Pool, plugins: Sequence[Plugin]) -> TrialResult:
    """One training of a search in this process, stopped where it lags behind."""
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
