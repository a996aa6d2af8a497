"""The whole flow: journal and MLflow hold every trial exactly once, however the driver ends."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from symbench.driver import flow
from symbench.driver.flow import RunSummary, run_suite
from symbench.errors import JournalError
from symbench.executors import LocalExecutor
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.plugins import Plugin
from symbench.suite.resolve import CheckedSuite
from symbench.tracking import Store
from symbench.trial.result import Status, TrialResult

MakeSuite = Callable[[str], CheckedSuite]

SUITE = """
name: flow
seeds: 3
timeout: 60 s
discovery:
  - task: tiny
    train_sizes: [10, 20]
    methods:
      - behave
      - {name: behave, label: traced, params: {trace: TRACE}}
"""


class Silent:
    """An observer that counts."""

    def __init__(self) -> None:
        self.results: list[TrialResult] = []

    def executing_on(self, where: str) -> None: ...
    def making_data(self, task: str) -> None: ...
    def searching(self, searches: int, configurations: int | None) -> None: ...
    def planned(self, to_run: int, done: int) -> None: ...
    def finished(self, result: TrialResult) -> None:
        self.results.append(result)


@pytest.fixture
def go(home: Home, behaviours: Plugin) -> Callable[..., RunSummary]:
    def run(suite: CheckedSuite, **options: object) -> RunSummary:
        return run_suite(suite, LocalExecutor, Silent(), home=home, plugins=[behaviours], **options)  # type: ignore[arg-type]

    return run


def _text(tmp_path: Path) -> str:
    return SUITE.replace("TRACE", str(tmp_path))


def _mlflow(home: Home, suite: str) -> Counter[str]:
    """identity → number of live trial runs in the store."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(home.tracking_uri)
    experiment = client.get_experiment_by_name(suite)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "tags.`symbench.kind` = 'trial'", max_results=10_000)
    assert all(run.info.status in ("FINISHED", "FAILED") for run in runs)
    return Counter(run.data.tags["symbench.identity"] for run in runs)


def _calls(tmp_path: Path) -> int:
    return sum(len(p.read_text().splitlines()) for p in tmp_path.glob("well-*"))


def test_a_run_leaves_journal_store_and_leaderboard(
    go: Callable[..., RunSummary], make_suite: MakeSuite, home: Home, tmp_path: Path
) -> None:
    suite = make_suite(_text(tmp_path))
    summary = go(suite)
    keys = {spec.key for spec in suite.trials()}
    assert summary.tracking_failure is None
    assert summary.executed == 12
    assert set(Journal(summary.journal).latest()) == keys
    assert _mlflow(home, "flow") == Counter(dict.fromkeys(keys, 1))
    assert {(row.method, row.train_size) for row in summary.rows} == {
        (method, size) for method in ("behave", "traced") for size in (10, 20)
    }
    store = Store(home.tracking_uri, "flow")
    assert len(store.keys("leaderboard")) == 4


def test_a_second_run_runs_nothing_and_changes_nothing(
    go: Callable[..., RunSummary], make_suite: MakeSuite, home: Home, tmp_path: Path
) -> None:
    suite = make_suite(_text(tmp_path))
    go(suite)
    before, calls = _mlflow(home, "flow"), _calls(tmp_path)
    again = go(suite)
    assert again.executed == 0
    assert _calls(tmp_path) == calls == 6
    assert _mlflow(home, "flow") == before


def test_only_and_fresh(go: Callable[..., RunSummary], make_suite: MakeSuite, tmp_path: Path) -> None:
    suite = make_suite(_text(tmp_path))
    assert go(suite, only="tiny/traced").executed == 6
    assert go(suite).executed == 6
    assert go(suite, only="traced", fresh=True).executed == 6
    assert _calls(tmp_path) == 12


def test_failures_run_again_and_then_count_once(
    go: Callable[..., RunSummary], make_suite: MakeSuite, home: Home, tmp_path: Path
) -> None:
    failing = make_suite("""
name: f
seeds: 1
discovery:
  - {task: tiny, train_sizes: [10], methods: [{name: behave, params: {how: raise}}]}
""")
    assert go(failing).statuses == Counter({Status.FAILED: 1})
    assert go(failing).executed == 1
    assert set(_mlflow(home, "f").values()) == {1}


def test_incompatible_trials_are_recorded_without_running(go: Callable[..., RunSummary], make_suite: MakeSuite) -> None:
    suite = make_suite("name: i\nseeds: 2\ndiscovery:\n  - {task: tiny, train_sizes: [10], methods: [dynamics-only]}\n")
    summary = go(suite)
    assert summary.statuses == Counter({Status.INCOMPATIBLE: 2})
    assert summary.executed == 0
    assert go(suite).statuses == Counter({Status.INCOMPATIBLE: 2})


def test_data_that_cannot_be_made_fail_their_own_trials_only(
    go: Callable[..., RunSummary], make_suite: MakeSuite
) -> None:
    suite = make_suite("""
name: b
seeds: 2
discovery:
  - {task: tiny, train_sizes: [10], methods: [behave]}
  - {task: {name: tiny, label: broken, params: {broken: true}}, train_sizes: [10], methods: [behave]}
""")
    summary = go(suite)
    status = {(r.spec.task_label, r.status) for r in summary.results}
    assert status == {("tiny", Status.OK), ("broken", Status.FAILED)}
    errors = {r.error.message for r in summary.results if r.error}
    assert errors == {"DataError: these data are broken on purpose"}


def test_a_change_of_version_makes_results_stale_and_runs_them_again(
    go: Callable[..., RunSummary], make_suite: MakeSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from symbench import registry
    from symbench.driver.plan import Plan, State

    go(make_suite(_text(tmp_path)))
    monkeypatch.setattr(registry.DISCOVERY["behave"], "version", "2+test")
    suite = make_suite(_text(tmp_path))
    recorded = Journal(Home.default().journal("flow")).latest()
    assert {state for _, state in Plan(suite, recorded).trials()} == {State.STALE}
    assert len(Plan(suite, recorded).view().stale) == 12


def test_mlflow_that_is_down_delays_tracking_only(
    go: Callable[..., RunSummary], make_suite: MakeSuite, home: Home, tmp_path: Path
) -> None:
    suite = make_suite(_text(tmp_path))
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    summary = go(suite, tracking_uri=f"sqlite:///{blocked}/mlflow.db")
    assert summary.tracking_failure is not None
    assert summary.statuses == Counter({Status.OK: 12})
    caught_up = go(suite)
    assert caught_up.executed == 0
    assert set(_mlflow(home, "flow").values()) == {1}
    assert len(_mlflow(home, "flow")) == 12


def test_two_drivers_of_one_suite_do_not_mix(
    go: Callable[..., RunSummary], make_suite: MakeSuite, home: Home, tmp_path: Path
) -> None:
    suite = make_suite(_text(tmp_path))
    with Journal(home.journal("flow")), pytest.raises(JournalError, match="being written by process"):
        go(suite)


class _Bursts(LocalExecutor):
    """Has all results at hand before it gives the first."""

    def run(self, *arguments: Any, **options: Any) -> Generator[TrialResult, None, None]:
        before_waiting = options.pop("before_waiting")
        yield from list(super().run(*arguments, **options))
        before_waiting()


class _OnDisk(Silent):
    """Compares each acknowledged result with how much of the journal was forced to the disk."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.synced: list[int] = []
        force = os.fsync

        def watched(descriptor: int) -> None:
            force(descriptor)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                self.synced.append(path.stat().st_size)

        monkeypatch.setattr(os, "fsync", watched)

    def finished(self, result: TrialResult) -> None:
        super().finished(result)
        assert result.stored.offset < self.synced[-1]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("seconds", "groups"), [(1e9, 1), (0.0, 12)])
def test_results_that_come_together_are_acknowledged_together_and_on_disk(
    make_suite: MakeSuite,
    home: Home,
    behaviours: Plugin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    groups: int,
) -> None:
    monkeypatch.setattr(flow, "_ACKNOWLEDGE_S", seconds)
    observer = _OnDisk(home.journal("flow"), monkeypatch)
    run_suite(make_suite(_text(tmp_path)), _Bursts, observer, home=home, plugins=[behaviours])
    assert len(observer.results) == 12
    assert len(observer.synced) == 1 + groups, "once when the journal is opened"
    assert observer.synced[-1] == home.journal("flow").stat().st_size


def test_results_that_the_disk_does_not_take_are_not_acknowledged(
    make_suite: MakeSuite, home: Home, behaviours: Plugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite, observer, path = make_suite(_text(tmp_path)), Silent(), home.journal("flow")
    force = os.fsync

    def full(descriptor: int) -> None:
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()) and path.stat().st_size:
            raise OSError(errno.ENOSPC, "No space left on device")
        force(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(flow, "_ACKNOWLEDGE_S", 1e9)
        patched.setattr(os, "fsync", full)
        with pytest.raises(JournalError, match="No space left"):
            run_suite(suite, _Bursts, observer, home=home, plugins=[behaviours])
    assert observer.results == []
    assert path.read_bytes() == b""
    assert run_suite(suite, _Bursts, observer, home=home, plugins=[behaviours]).statuses == {Status.OK: 12}
