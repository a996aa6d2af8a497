"""plan → execute → journal → track: the whole flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from symbench.data.splits import Pool
from symbench.executors.base import Executor
from symbench.home import Home
from symbench.journal import Journal
from symbench.leaderboard import LeaderboardRow, leaderboard
from symbench.plan import Plan, State
from symbench.registry import Plugin
from symbench.suite import Suite
from symbench.tasks.base import DataContext
from symbench.tracking import Mirror, Tracker
from symbench.trial import Status, TrialResult, TrialSpec
from symbench.worker import unexecuted


class Observer(Protocol):
    """Is told what happens, to show it."""

    def executing_on(self, where: str) -> None: ...
    def making_data(self, task: str) -> None: ...
    def planned(self, to_run: int, done: int) -> None: ...
    def finished(self, result: TrialResult) -> None: ...


@dataclass(frozen=True)
class RunSummary:
    """What a run left behind: every result of the suite's trials, what older versions left, and where they are kept."""

    results: list[TrialResult]
    stale: list[TrialResult]
    rows: list[LeaderboardRow]
    executed: int
    journal: Path
    tracking_uri: str
    tracking_failure: str | None = None
    statuses: Counter[Status] = field(default_factory=Counter)


def run_suite(
    suite: Suite,
    make_executor: Callable[[], Executor],
    observer: Observer,
    *,
    home: Home,
    tracking_uri: str | None = None,
    only: str | None = None,
    fresh: bool = False,
    plugins: Sequence[Plugin] = (),
) -> RunSummary:
    """Run what the journal lacks of a suite, and leave journal, MLflow and leaderboard complete.

    Killing this at any instant loses at most the trials in flight; calling it again finishes the rest. No executor
    is made where nothing has to run. Raises JournalError when another process runs the same suite,
    InfrastructureError when Ray fails.
    """
    uri = tracking_uri or home.tracking_uri
    with Journal(home.journal(suite.name)) as journal:
        recorded = journal.latest()
        whole = Plan(suite, recorded)
        planned = list(Plan(suite, recorded, only, fresh).trials())
        to_run = [spec for spec, state in planned if state.runs]
        incompatible = [spec for spec, state in planned if state is State.INCOMPATIBLE]
        observer.planned(len(to_run), len(planned) - len(to_run))
        mirror = Mirror(home.run(suite.name), uri, journal.path, suite.text)
        with Tracker(uri, suite.name, home.artifacts) as tracker:

            def keep(result: TrialResult) -> None:
                journal.append(result)
                recorded[result.key] = result
                tracker.trial(result)
                observer.finished(result)

            behind = bool(to_run or incompatible) or not mirror.is_current()
            if behind:
                tracker.begin({"suite": suite.name, "only": only or "", "trials": str(len(suite))})
                tracker.trials(whole.results())
            reasons = suite.incompatibilities()
            for spec in incompatible:
                reason = reasons[spec.task_label, spec.method_label]
                keep(unexecuted(spec, Status.INCOMPATIBLE, "IncompatibleError", reason))
            if to_run:
                with make_executor() as executor:
                    observer.executing_on(executor.describe())
                    for result in _execute(suite, to_run, executor, observer, home, plugins):
                        keep(result)
            results = whole.results()
            statuses = Counter(result.status for result in results)
            stale = whole.stale()
            rows = leaderboard([*results, *stale], current_keys={result.key for result in results})
            if behind:
                clean = all(status.final for status in statuses)
                tracker.finish(rows, {status.value: float(count) for status, count in statuses.items()}, clean)
        if tracker.failure is None:
            mirror.mark_current()
    return RunSummary(results, stale, rows, len(to_run), journal.path, uri, tracker.failure, statuses)


def _execute(
    suite: Suite,
    specs: Sequence[TrialSpec],
    executor: Executor,
    observer: Observer,
    home: Home,
    plugins: Sequence[Plugin],
) -> Iterator[TrialResult]:
    """Make the data that the trials need, then run them; data that cannot be made fail their own trials only."""
    needed = {spec.data_digest for spec in specs}
    pools: dict[str, Pool] = {}
    broken: dict[str, str] = {}
    for block in suite.blocks:
        digest = block.task.digest
        if digest in needed and digest not in pools and digest not in broken:
            observer.making_data(block.task_label)
            try:
                pools[digest] = Pool(block.task.load(DataContext(home.data, executor.fan_out)), block.task.sizes())
            except Exception as error:
                broken[digest] = f"{type(error).__name__}: {error}"
    for spec in specs:
        if spec.data_digest in broken:
            yield unexecuted(spec, Status.FAILED, "DataError", broken[spec.data_digest])
    yield from executor.run((spec for spec in specs if spec.data_digest in pools), pools, plugins)
