"""plan → execute → journal → track: the whole flow."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from symbench.driver.observer import Observer
from symbench.driver.plan import Plan, State
from symbench.driver.session import Made, Session
from symbench.driver.source_results import SourceResults
from symbench.driver.winners import with_winners
from symbench.executors.base import Executor
from symbench.home import Home
from symbench.journal.location import JournalLocation
from symbench.journal.records import JournaledResult
from symbench.leaderboard import LeaderboardRow, leaderboard
from symbench.registry import Plugin
from symbench.suite.resolve import Suite
from symbench.tracking import SyncMarker, Tracker
from symbench.trial.checkpoints import CheckpointPlace
from symbench.trial.execute import unexecuted
from symbench.trial.resources import Resources
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec
from symbench.tuning.course import Course, courses


@dataclass(frozen=True)
class RunSummary:
    """What a run left behind: every result of the suite's trials, what older versions left, and where they are kept.

    `suite` has the parameters that searches found; `tracking_failure` and `copy_failure` say why MLflow, or the copy of
    the journal, is behind.
    """

    suite: Suite
    results: list[JournaledResult]
    stale: list[JournaledResult]
    rows: list[LeaderboardRow]
    executed: int
    journal: Path
    tracking_uri: str
    tracking_failure: str | None = None
    copy_failure: str | None = None
    statuses: Counter[Status] = field(default_factory=Counter)


def run_suite(
    suite: Suite,
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
    """Run what the journal lacks of a suite, searches first, and leave journal, MLflow and leaderboard complete.

    Killing this at any instant loses at most the trials in flight; calling it again finishes the rest. No executor
    is made where nothing has to run, and no list of trials: they are expanded as they are started, and of a result
    that is in the journal all but its arrays is held. `journal_at` is a path or a URL, as `JournalLocation` reads it.
    Raises JournalError when another process runs the same suite, InfrastructureError when Ray fails.
    """
    uri = tracking_uri or home.tracking_uri
    place = JournalLocation.of(journal_at, home, suite.name)
    with place.write() as (journal, copy):
        recorded = journal.latest()
        suite = with_winners(suite, recorded)
        checkpoints = CheckpointPlace(home.checkpoints(suite.name), since=time.time() if fresh else 0.0)
        mirror = SyncMarker(home.run(suite.name), uri, journal.path, suite.text)
        with (
            Tracker(uri, suite.name, home.artifacts, journal=place.identity()) as tracker,
            Session(make_executor, observer, home) as session,
        ):

            def note(result: TrialResult) -> None:
                held = journal.append(result)
                recorded[held.key] = held
                checkpoints.forget(held.key)
                tracker.trial(held)
                observer.finished(held)

            told = {"suite": suite.name, "only": only or "", "trials": str(len(suite))}
            searches = courses(Plan(suite, recorded, only, fresh))
            if searches:
                tracker.begin(told)
                abandoned = _search(searches, suite, session, observer, plugins, note)
                suite = with_winners(suite, recorded, abandoned)
            whole = Plan(suite, recorded)
            ahead = Plan(suite, recorded, only, fresh)
            agenda = _Agenda.of(ahead)
            source_results = SourceResults(recorded, agenda.awaited)
            observer.planned(agenda.to_run, agenda.trials - agenda.to_run)

            def keep(result: TrialResult) -> None:
                note(result)
                source_results.ended(result.key)

            behind = bool(searches or agenda.to_run or agenda.incompatible) or not mirror.is_current()
            if behind:
                if not searches:
                    tracker.begin(told)
                tracker.trials(whole.results())
                tracker.trials(result for search in whole.searches() for result in search.results.values())
            reasons = suite.incompatibilities() if agenda.incompatible else {}
            for spec, state in ahead.trials() if agenda.incompatible else ():
                if state is State.INCOMPATIBLE:
                    reason = reasons[spec.task_label, spec.method_label]
                    keep(unexecuted(spec, Status.INCOMPATIBLE, "IncompatibleError", reason))
            if agenda.to_run:
                executor = session.executor({asked: ", ".join(who) for asked, who in agenda.requests.items()})
                made = session.data(suite, agenda.digests)
                trials = _in_order(ahead, made, source_results, keep)
                checkpoints.open(lambda: {planned.key for planned, state in whole.planned_trials() if state.runs})
                # closed first when anything is raised: that cancels what is in flight
                finished = executor.run(trials, made.pools, plugins, source_results.given, checkpoints)
                with contextlib.closing(finished):
                    for result in finished:
                        keep(result)
                checkpoints.close()
            session.leave()
            seen = whole.view()
            statuses = Counter(result.status for result in seen.results)
            rows = leaderboard([*seen.results, *seen.stale], current_keys=seen.keys)
            if behind:
                counts = {status.value: float(count) for status, count in statuses.items()}
                tracker.finish(rows, counts, all(result.final for result in seen.results))
        if tracker.failure is None:
            home.run(suite.name).mkdir(parents=True, exist_ok=True)  # the journal may lie elsewhere
            mirror.mark_current()
    return RunSummary(
        suite=suite,
        results=seen.results,
        stale=seen.stale,
        rows=rows,
        executed=agenda.to_run,
        journal=journal.path,
        tracking_uri=uri,
        tracking_failure=tracker.failure,
        copy_failure=copy.failure if copy else None,
        statuses=statuses,
    )


@dataclass
class _Agenda:
    """What a plan comes to, counted in one pass.

    digests    of the data that its trials need
    requests   what they ask of the machine, with the entries that do
    awaited    keys of those whose results others use
    """

    trials: int = 0
    to_run: int = 0
    incompatible: int = 0
    digests: set[str] = field(default_factory=set)
    requests: dict[Resources, dict[str, None]] = field(default_factory=dict)
    awaited: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, plan: Plan) -> _Agenda:
        agenda = cls()
        used = {(*link.labels, link.train_size) for _, _, link in plan.suite.links()}
        for planned, state in plan.planned_trials():
            agenda.trials += 1
            agenda.incompatible += state is State.INCOMPATIBLE
            if state.runs:
                agenda.to_run += 1
                asked = planned.template.common
                agenda.digests.add(asked.data_digest)
                who = agenda.requests.setdefault(asked.resources, {})
                who.setdefault(f"{asked.task_label}/{asked.method_label}")
                if used and (asked.task_label, asked.method_label, planned.train_size) in used:
                    agenda.awaited.add(planned.key)
        return agenda


def _search(
    searches: Sequence[Course],
    suite: Suite,
    session: Session,
    observer: Observer,
    plugins: Sequence[Plugin],
    keep: Callable[[TrialResult], None],
) -> set[str]:
    """Run the searches to their end; gives the keys of those that cannot be, because their data cannot be made."""
    settings = [course.search.settings for course in searches]
    left = [(course.search.settings.trials or 0) - len(course.search_state.results) for course in searches]
    total = None if any(s.trials is None for s in settings) else sum(left)
    observer.searching(len(searches), total)
    asked = {course.search.resources: "" for course in searches}
    for course in searches:
        who = f"{course.search.task_label}/{course.search.method_label}"
        asked[course.search.resources] += f"{', ' if asked[course.search.resources] else ''}the search of {who}"
    executor = session.executor(asked)
    made = session.data(suite, {course.search.data_digest for course in searches})
    possible = [course for course in searches if course.search.data_digest in made.pools]
    executor.search(possible, made.pools, plugins, keep)
    return {course.search.key for course in searches} - {course.search.key for course in possible}


def _in_order(
    plan: Plan, made: Made, source_results: SourceResults, keep: Callable[[TrialResult], None]
) -> Iterator[TrialSpec | None]:
    """The trials to run, first what uses no other's result; None while a source is on its way.

    What needs no worker is kept here: data that could not be made fail their own trials only, and a source without a
    usable result has its dependents skipped.
    """
    for planned, state in plan.planned_trials() if made.broken else ():
        reason = made.broken.get(planned.template.common.data_digest)
        if state.runs and reason is not None:
            keep(unexecuted(planned.spec, Status.FAILED, "DataError", reason))
    for dependent in (False, True) if any(plan.suite.links()) else (False,):
        for planned, state in plan.planned_trials():
            if not state.runs or (planned.source is not None) is not dependent:
                continue
            if planned.template.common.data_digest not in made.pools:
                continue
            if planned.source is not None:
                while source_results.awaits(planned.source.key):
                    yield None
                refusal = source_results.refusal(planned.source.key)
                if refusal is not None:
                    keep(unexecuted(planned.spec, Status.SKIPPED, *refusal))
                    continue
            yield planned.spec
