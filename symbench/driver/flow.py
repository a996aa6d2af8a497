"""A run from plan to leaderboard: search → plan → begin tracking → execute → conclude."""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from symbench.driver.agenda import Agenda
from symbench.driver.extras import require_extras
from symbench.driver.observer import Observer
from symbench.driver.plan import Plan, State
from symbench.driver.session import LoadedData, Session
from symbench.driver.source_results import SourceResults
from symbench.driver.winners import with_winners
from symbench.errors import JournalError
from symbench.executors.base import Executor
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.journal.location import JournalLocation
from symbench.journal.records import JournaledResult
from symbench.leaderboard import LeaderboardRow, leaderboard
from symbench.plugins import Plugin
from symbench.suite.blocks import CheckedSuite
from symbench.tracking import Owner, SyncMarker, Tracker, require_driver
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.execute import unexecuted
from symbench.trial.resources import Resources
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec
from symbench.tuning.course import Course, courses

_ACKNOWLEDGE_S = 0.1  # at most so long a recorded result waits for others


@dataclass
class RunSummary:
    """The outcome of a run.

    suite              the suite, with the parameters of the winners of searches
    results, stale     results of the suite's trials, and of the same questions with older code or data
    digest             digest of all results that are shown (`View.digest`)
    executed           number of trials that this run started
    tracking_failure   reason why MLflow is not up to date; None if it is
    copy_failure       reason why the copy of the journal is not up to date; None if it is
    """

    suite: CheckedSuite
    results: list[JournaledResult]
    stale: list[JournaledResult]
    keys: set[str]
    digest: str
    rows: list[LeaderboardRow]
    executed: int
    journal: Path
    tracking_uri: str
    tracking_failure: str | None = None
    copy_failure: str | None = None
    statuses: Counter[Status] = field(default_factory=Counter)


def run_suite(
    suite: CheckedSuite,
    make_executor: Callable[[], Executor],
    observer: Observer,
    *,
    home: Home,
    tracking_uri: str | None = None,
    journal_at: str | None = None,
    only: str | None = None,
    fresh: bool = False,
    plugins: Sequence[Plugin] = (),
) -> RunSummary:
    """Run the trials of a suite that the journal lacks, searches first; complete journal, MLflow and leaderboard.

    If this process is killed at any time, at most the running trials are lost, and the same call completes the rest.
    `observer.finished` is called for a result only when it is on disk.
    The executor is started only if something has to run. Trials are expanded one by one as they start, and results are
    held without their arrays. `journal_at` is a path or a URL (see `JournalLocation`).
    Raises JournalError if another process runs the same suite, InfrastructureError if Ray fails, UnknownNameError if
    `only` matches no entry, and MissingExtraError, before anything is started, if a trial that has to run needs a
    package that is not installed.
    """
    Plan(suite, {}, only)  # a misspelt selection ends here, before anything is opened
    location = JournalLocation.of(journal_at, home, suite.name)
    uri = tracking_uri or home.tracking_uri
    require_driver(uri)
    plugins = (*plugins, *(plugin for plugin in suite.plugins if plugin not in plugins))
    with location.write() as (journal, copy):
        marker = SyncMarker(home.run(suite.name), uri, journal.path, suite.text)
        home.remember(suite.name, suite.text, suite.folder)
        owner = Owner.of(home.root, location.identity())
        with (
            Tracker(uri, suite.name, home.artifacts, journal=location.identity(), owner=owner) as tracker,
            Session(make_executor, observer, home) as session,
        ):
            run = _Run(suite, journal, session, tracker, observer, home, only=only, fresh=fresh, plugins=plugins)
            require_extras(Plan(run.suite, run.recorded, only, fresh))
            run.search()
            run.plan()
            run.begin_tracking(is_current=marker.is_current())
            run.execute()
            summary = run.conclude(uri)
        if tracker.failure is None:
            marker.mark_current()
    summary.tracking_failure, summary.copy_failure = tracker.failure, copy.failure if copy else None
    return summary


class _Run:
    """The state of one run between its steps; every result passes through `record`."""

    def __init__(
        self,
        suite: CheckedSuite,
        journal: Journal,
        session: Session,
        tracker: Tracker,
        observer: Observer,
        home: Home,
        *,
        only: str | None,
        fresh: bool,
        plugins: Sequence[Plugin],
    ) -> None:
        self.journal, self.session, self.tracker, self.observer = journal, session, tracker, observer
        self.only, self.fresh, self.plugins = only, fresh, plugins
        self.recorded = journal.latest()
        self.suite = with_winners(suite, self.recorded)
        self.checkpoints = CheckpointFolder(home.checkpoints(suite.name), since=time.time() if fresh else 0.0)
        self.searches: list[Course] = []
        self.is_tracking = False
        self.unacknowledged: deque[JournaledResult] = deque()
        self.acknowledge_at = 0.0

    def record(self, result: TrialResult) -> None:
        """Write a result to the journal; `acknowledge` forces it to the disk, together with others.

        The executor lets the run acknowledge whenever it has no further result at hand: a result that comes alone is
        acknowledged at once. If results never stop coming, they are acknowledged every _ACKNOWLEDGE_S.
        """
        journaled = self.journal.write(result)
        self.recorded[journaled.key] = journaled
        now = time.monotonic()
        if not self.unacknowledged:
            self.acknowledge_at = now + _ACKNOWLEDGE_S
        self.unacknowledged.append(journaled)
        if now >= self.acknowledge_at:
            self.acknowledge()

    def acknowledge(self) -> None:
        """Force what was recorded to the disk, and only then pass it on to everything else."""
        if not self.unacknowledged:
            return
        try:
            self.journal.sync()
        except JournalError:
            self.unacknowledged.clear()
            raise
        while self.unacknowledged:
            journaled = self.unacknowledged.popleft()
            self.checkpoints.forget(journaled.key)
            self.tracker.trial(journaled)
            self.observer.finished(journaled)

    def record_alone(self, result: TrialResult) -> None:
        """Record and acknowledge a result after which the caller waits for long."""
        self.record(result)
        self.acknowledge()

    def search(self) -> None:
        """Complete the searches, because their winners decide the parameters of trials."""
        self.searches = courses(Plan(self.suite, self.recorded, self.only, self.fresh))
        if not self.searches:
            return
        self._begin_execution()
        self.observer.searching(len(self.searches), _configurations_left(self.searches))
        executor = self.session.executor(_requests_of(self.searches))
        data = self.session.data(self.suite, {course.search.data_digest for course in self.searches})
        possible = [course for course in self.searches if course.search.data_digest in data.pools]
        executor.search(possible, data.pools, self.plugins, self.record_alone)
        abandoned = {course.search.key for course in self.searches} - {course.search.key for course in possible}
        self.suite = with_winners(self.suite, self.recorded, abandoned)

    def plan(self) -> None:
        """Compare the suite with the journal: all of its trials, and those that this run has to execute."""
        self.whole = Plan(self.suite, self.recorded)
        self.ahead = Plan(self.suite, self.recorded, self.only, self.fresh)
        self.agenda = Agenda.of(self.ahead)
        self.observer.planned(self.agenda.to_run, self.agenda.trials - self.agenda.to_run)

    def begin_tracking(self, *, is_current: bool) -> None:
        """Send the results of the journal to MLflow, unless there is nothing to do and the store is up to date."""
        if is_current and not (self.searches or self.agenda.to_run or self.agenda.incompatible):
            return
        self._begin_execution()
        self.tracker.trials(self.whole.view().results)
        self.tracker.trials(result for search in self.whole.searches() for result in search.results.values())

    def execute(self) -> None:
        """Record the incompatible trials, run the missing ones, and stop the executor."""
        if self.agenda.incompatible:
            reasons = self.suite.incompatibilities()
            for spec, state in self.ahead.trials():
                if state is State.INCOMPATIBLE:
                    reason = reasons[spec.task_label, spec.method_label]
                    self.record(unexecuted(spec, Status.INCOMPATIBLE, "IncompatibleError", reason))
            self.acknowledge()
        if self.agenda.to_run:
            executor = self.session.executor(self.agenda.requests_with_entries())
            data = self.session.data(self.suite, self.agenda.digests)
            sources = SourceResults(self.recorded, self.agenda.awaited)
            self.checkpoints.open(lambda: {trial.key for trial, state in self.whole.planned_trials() if state.runs})
            specs = self._in_order(data, sources)
            # closing the iterator after an exception cancels the running trials
            results = executor.run(
                specs,
                data.pools,
                self.plugins,
                sources.given,
                self.checkpoints,
                before_waiting=self.acknowledge,
            )
            with contextlib.closing(results):
                try:
                    for result in results:
                        self._record_source(result, sources)
                finally:
                    self.acknowledge()
            self.checkpoints.close()
        self.session.leave()

    def conclude(self, uri: str) -> RunSummary:
        """Rank the results of the journal, and end the execution in MLflow."""
        view = self.whole.view()
        statuses = Counter(result.status for result in view.results)
        rows = leaderboard(view.all, current_keys=view.keys)
        if self.is_tracking:
            counts = {status.value: float(count) for status, count in statuses.items()}
            self.tracker.finish(rows, counts, all(result.final for result in view.results))
        return RunSummary(
            suite=self.suite,
            results=view.results,
            stale=view.stale,
            keys=view.keys,
            digest=view.digest,
            rows=rows,
            executed=self.agenda.to_run,
            journal=self.journal.path,
            tracking_uri=uri,
            statuses=statuses,
        )

    def _begin_execution(self) -> None:
        if not self.is_tracking:
            trials = str(len(self.suite))
            self.tracker.begin({"suite": self.suite.name, "only": self.only or "", "trials": trials})
            self.is_tracking = True

    def _record_source(self, result: TrialResult, sources: SourceResults) -> None:
        self.record(result)
        sources.ended(result.key)

    def _in_order(self, data: LoadedData, sources: SourceResults) -> Iterator[TrialSpec | None]:
        """The trials to run, first those without a source; None while the source of the next trial is still running.

        Trials that need no worker are recorded here: trials of data that cannot be loaded fail, and trials whose source
        has no usable result are skipped.
        """
        for planned, state in self.ahead.planned_trials() if data.broken else ():
            reason = data.broken.get(planned.template.common.data_digest)
            if state.runs and reason is not None:
                self._record_source(unexecuted(planned.spec, Status.FAILED, "DataError", reason), sources)
        for dependent in (False, True) if any(self.suite.links()) else (False,):
            for planned, state in self.ahead.planned_trials():
                if not state.runs or (planned.source is not None) is not dependent:
                    continue
                if planned.template.common.data_digest not in data.pools:
                    continue
                if planned.source is not None:
                    while sources.awaits(planned.source.key):
                        yield None
                    refusal = sources.refusal(planned.source.key)
                    if refusal is not None:
                        self._record_source(unexecuted(planned.spec, Status.SKIPPED, *refusal), sources)
                        continue
                yield planned.spec


def _configurations_left(searches: Sequence[Course]) -> int | None:
    """The number of configurations that remain to be trained; None if a search is limited by time."""
    limits = [(course.search.settings.trials, len(course.search_state.results)) for course in searches]
    return None if any(most is None for most, _ in limits) else sum((most or 0) - ended for most, ended in limits)


def _requests_of(searches: Sequence[Course]) -> dict[Resources, str]:
    """The resources that searches request, each with the names of the searches."""
    names: dict[Resources, list[str]] = {}
    for course in searches:
        search = course.search
        names.setdefault(search.resources, []).append(f"the search of {search.task_label}/{search.method_label}")
    return {resources: ", ".join(of) for resources, of in names.items()}
