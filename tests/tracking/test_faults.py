"""MLflow that is away, slow, failing or locked delays tracking, never the benchmark; no gap and no double stays."""

from __future__ import annotations

import itertools
import json
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from symbench.errors import InfrastructureError
from symbench.leaderboard import leaderboard
from symbench.tracking import Patience, Store, Tracker, sync
from symbench.tracking.runs import FinishedRun, trial_run
from symbench.trial.result import TrialResult
from tests.servers import MlflowServer, Postgres, Proxy, free_port, wait_for
from tests.tracking.conftest import IMPATIENT, held, identities, once_each


@pytest.fixture
def proxy(server: MlflowServer) -> Iterator[Proxy]:
    with Proxy(server.port) as running:
        yield running


def track(
    uri: str,
    suite: str,
    results: list[TrialResult],
    *,
    during: Callable[[int], None] = lambda index: None,
    patience: Patience = IMPATIENT,
) -> Tracker:
    """A run that finds these results one by one; `during` is called before each."""
    with Tracker(uri, suite, patience=patience) as tracker:
        tracker.begin({"suite": suite})
        for index, result in enumerate(results):
            during(index)
            tracker.trial(result)
        tracker.finish(leaderboard(results), {"ok": float(len(results))}, True)
    return tracker


def executions(uri: str, suite: str) -> list[str]:
    return [content["status"] for _, content in held(uri, suite, "execution")]


def assert_complete(uri: str, suite: str, results: list[TrialResult]) -> None:
    assert identities(uri, suite) == once_each(results)
    assert len(identities(uri, suite, "leaderboard")) == len(leaderboard(results))


@pytest.mark.slow
def test_a_server_down_at_the_start_killed_in_the_middle_and_back(
    results: list[TrialResult], tmp_path: Path, empty_store: Path
) -> None:
    """The tracker waits, resumes by itself, and everything is there once."""
    (tmp_path / "mlflow.db").write_bytes(empty_store.read_bytes())
    with MlflowServer(f"sqlite:///{tmp_path}/mlflow.db", tmp_path) as own:
        own.stop()
        spent: list[float] = []

        def during(index: int) -> None:
            if index == 3:
                own.start()
            if index == 20:
                wait_for(lambda: len(identities_so_far(own)) >= 10, "tracking of the first trials")
                own.stop(signal.SIGKILL)
            if index == 30:
                own.start()
            spent.append(time.perf_counter())

        tracker = track(own.url, "restarted", results, during=during)
        assert tracker.failure is None
        assert_complete(own.url, "restarted", results)
        assert executions(own.url, "restarted") == ["FINISHED"]
        while_away = max(after - before for before, after in itertools.pairwise(spent[21:30]))
        assert while_away < 1.0, "the benchmark waited for a server that is away"


def identities_so_far(own: MlflowServer) -> set[str]:
    return {identity for identity, _ in held(own.url, "restarted")}


def test_a_server_that_answers_500_for_a_while(results: list[TrialResult], server: MlflowServer, proxy: Proxy) -> None:
    def during(index: int) -> None:
        if index in (0, 15):
            proxy.failing, seen = True, proxy.requests
            wait_for(lambda: proxy.requests > seen + 2, "attempts at a server that fails")
        if index in (5, 25):
            proxy.failing = False

    tracker = track(proxy.url, "failing", results, during=during)
    assert tracker.failure is None
    assert_complete(server.url, "failing", results)
    assert executions(server.url, "failing") == ["FINISHED"]


def test_answers_that_get_lost_leave_no_doubles(results: list[TrialResult], server: MlflowServer, proxy: Proxy) -> None:
    """The server did what it was asked and the connection broke: asking again alone would do it twice."""

    def during(index: int) -> None:
        if index % 10 == 5:
            proxy.lose, seen = True, proxy.requests
            wait_for(lambda: proxy.requests > seen + 3, "requests whose answers get lost")
        if index % 10 == 8:
            proxy.lose = False

    tracker = track(proxy.url, "lost", results[:20], during=during)
    assert tracker.failure is None
    assert_complete(server.url, "lost", results[:20])
    assert executions(server.url, "lost") == ["FINISHED"]


def test_a_slow_server_holds_up_nothing_but_the_end_and_that_for_a_bounded_time(
    results: list[TrialResult], server: MlflowServer, proxy: Proxy
) -> None:
    proxy.delay = 0.5
    bound = 3.0
    started = time.perf_counter()
    handed_over: list[float] = []
    patience = Patience(standstill=bound, flush=bound)
    tracker = track(
        proxy.url, "slow", results, during=lambda _: handed_over.append(time.perf_counter()), patience=patience
    )
    assert handed_over[-1] - started < 10.0
    assert time.perf_counter() - handed_over[-1] < bound + 5.0
    assert tracker.failure is not None
    assert "trials wait: it is slower than the end of a run waits" in tracker.failure
    proxy.delay = 0.0
    assert sync(server.url, "slow", results, leaderboard(results)) == len(results)
    assert_complete(server.url, "slow", results)


def test_a_server_that_never_answers_is_given_up(results: list[TrialResult], proxy: Proxy) -> None:
    proxy.delay = 60.0
    started = time.perf_counter()
    tracker = track(proxy.url, "hung", results, patience=Patience(standstill=0.5, flush=60))
    assert time.perf_counter() - started < 10.0
    assert tracker.failure is not None
    assert tracker.failure.startswith("40 trials wait")


def interrupted_run(uri: str, results: list[TrialResult], seconds: float) -> None:
    """A run that somebody stops once it has found these results."""
    with Tracker(uri, "interrupted", patience=Patience(interrupted=seconds)) as tracker:
        tracker.begin({})
        tracker.trials(results)
        raise KeyboardInterrupt


def test_an_interrupted_run_does_not_wait_for_a_store_that_is_away(results: list[TrialResult], proxy: Proxy) -> None:
    proxy.failing = True
    started = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        interrupted_run(proxy.url, results, 0.5)
    assert time.perf_counter() - started < 10.0


def test_an_interrupted_run_is_marked_as_such(results: list[TrialResult], sqlite: Callable[[str], str]) -> None:
    uri = sqlite("interrupted")
    with pytest.raises(KeyboardInterrupt):
        interrupted_run(uri, results, 60)
    assert identities(uri, "interrupted") == once_each(results)
    assert executions(uri, "interrupted") == ["KILLED"]


class Lock:
    """Another program that writes the SQLite file and does not end."""

    def __init__(self, uri: str) -> None:
        self._connection = sqlite3.connect(
            uri.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
        )

    def take(self) -> None:
        self._connection.execute("PRAGMA busy_timeout = 20000")
        self._connection.execute("BEGIN EXCLUSIVE")

    def release(self) -> None:
        self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def locked(sqlite: Callable[[str], str]) -> Iterator[tuple[str, Lock]]:
    uri = sqlite("locked")
    lock = Lock(uri)
    yield uri, lock
    lock.close()


def test_a_locked_file_is_written_once_it_is_free(results: list[TrialResult], locked: tuple[str, Lock]) -> None:
    uri, lock = locked
    lock.take()
    free = threading.Timer(4.0, lock.release)

    def during(index: int) -> None:
        if index == 10:
            free.start()

    started = time.perf_counter()
    tracker = track(uri, "s", results, during=during)
    free.join()
    assert time.perf_counter() - started >= 4.0
    assert tracker.failure is None
    assert_complete(uri, "s", results)
    assert Store(uri, "s")._bulk, "a lock is no reason to write run by run"


def test_a_file_locked_in_the_middle_and_for_longer_than_the_end_waits(
    results: list[TrialResult], locked: tuple[str, Lock]
) -> None:
    uri, lock = locked

    def during(index: int) -> None:
        if index == 20:
            wait_for(lambda: len(held(uri, "s")) == 20, "tracking of the first trials")
            lock.take()

    started = time.perf_counter()
    tracker = track(uri, "s", results, during=during, patience=Patience(standstill=2.0, flush=10.0))
    assert time.perf_counter() - started < 60
    assert tracker.failure is not None
    assert tracker.failure.startswith("20 trials wait")
    lock.release()
    for _ in range(2):
        assert sync(uri, "s", results, leaderboard(results)) == len(results)
    tracker._thread.join(60)  # it may be in the middle of its last attempt, whose rows a later look would settle
    Store(uri, "s").settle()
    assert_complete(uri, "s", results)


def test_postgresql_restarted_in_the_middle(results: list[TrialResult], postgres: Postgres) -> None:
    uri = postgres.copy("restarted", of="made")

    def during(index: int) -> None:
        if index == 15:
            wait_for(lambda: len(held(uri, "s")) == 15, "tracking of the first trials")
            postgres.stop()
        if index == 30:
            postgres.start()

    tracker = track(uri, "s", results, during=during)
    assert tracker.failure is None
    assert_complete(uri, "s", results)
    assert executions(uri, "s") == ["FINISHED"]


def test_a_record_that_the_store_refuses_does_not_hold_up_the_others(
    results: list[TrialResult], server: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names are escaped before they are sent, so that a record that a store refuses has to be made past that."""

    def unescaped(result: TrialResult) -> FinishedRun:
        run = trial_run(result)
        return replace(run, metrics={"not|a|name": 1.0}) if result.key == results[7].key else run

    monkeypatch.setattr("symbench.tracking.store.trial_run", unescaped)
    given = results[:20]
    tracker = track(server.url, "refused", given)
    assert tracker.failure is not None
    assert tracker.failure.startswith("1 trials were refused")
    assert once_each([*given[:7], *given[8:]]) == identities(server.url, "refused")


def test_an_address_that_waiting_does_not_cure_is_not_waited_for(results: list[TrialResult], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    started = time.perf_counter()
    tracker = track(f"sqlite:///{tmp_path}/file/mlflow.db", "s", results, patience=Patience())
    assert time.perf_counter() - started < 20
    assert tracker.failure is not None


def test_no_message_shows_a_password(
    results: list[TrialResult], postgres: Postgres, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("symbench.tracking.replay.PAUSES", (0.05,))
    wrong = postgres.uri("made").replace(Postgres.PASSWORD, "s3cr3t-p%40ss")
    web = f"http://someone:s3cr3t-p%40ss@127.0.0.1:{free_port()}"
    for uri in (
        wrong,
        wrong.replace("127.0.0.1", "localhost.invalid"),
        f"{postgres.uri('x')}?options=1&password=s3cr3t-p%40ss",
        web,
    ):
        tracker = track(uri, "s", results[:2], patience=Patience(standstill=0.5, flush=1.0))
        assert tracker.failure is not None
        with pytest.raises(InfrastructureError) as refused:
            sync(uri, "s", results[:2], [])
        told = json.dumps([tracker.failure, str(refused.value), repr(refused.value), caplog.text])
        assert "s3cr3t" not in told
        assert Postgres.PASSWORD not in told


def test_postgresql_killed_in_the_middle(results: list[TrialResult], postgres: Postgres) -> None:
    """As a machine that loses power: what was committed is there, what was not is written again."""
    uri = postgres.copy("killed", of="made")

    def during(index: int) -> None:
        if index == 15:
            wait_for(lambda: len(held(uri, "s")) == 15, "tracking of the first trials")
            postgres.stop(signal.SIGKILL)
        if index == 30:
            postgres.start()

    tracker = track(uri, "s", results, during=during)
    assert tracker.failure is None
    assert_complete(uri, "s", results)
    assert executions(uri, "s") == ["FINISHED"]


def test_postgresql_that_hangs_delays_neither_the_run_nor_sync_for_ever(
    results: list[TrialResult], postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processes are stopped in the middle of a session: connections stay open, and nothing answers."""
    uri = postgres.copy("hung", of="made")
    stopped: list[psutil.Process] = []

    def during(index: int) -> None:
        if index == 15:
            wait_for(lambda: len(held(uri, "s")) == 15, "tracking of the first trials")
            stopped.extend(postgres.suspend())

    monkeypatch.setattr("symbench.tracking.replay.ANSWER_S", 3.0)
    try:
        began = time.perf_counter()
        tracker = track(uri, "s", results, during=during, patience=Patience(standstill=1.0, flush=5.0))
        assert time.perf_counter() - began < 60.0
        assert tracker.failure is not None
        with pytest.raises(InfrastructureError, match=r"has not answered for 3 s"):
            sync(uri, "s", results, leaderboard(results))
    finally:
        for process in stopped:
            process.resume()
    monkeypatch.setattr("symbench.tracking.replay.ANSWER_S", 300.0)
    tracker._thread.join(60)  # its last attempt goes on
    assert sync(uri, "s", results, leaderboard(results)) == len(results)
    assert_complete(uri, "s", results)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_is_restarted_between_runs(
    results: list[TrialResult], tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    """A run without a server is complete in itself; sync says that it is away, and catches up when it is back."""
    monkeypatch.setattr("symbench.tracking.replay.PAUSES", (0.1,))
    (tmp_path / "mlflow.db").write_bytes(empty_store.read_bytes())
    with MlflowServer(f"sqlite:///{tmp_path}/mlflow.db", tmp_path) as own:
        assert track(own.url, "between", results[:10]).failure is None
        own.stop(how)
        tracker = track(own.url, "between", results[:20], patience=Patience(standstill=0.5, flush=1.0))
        assert tracker.failure is not None
        with pytest.raises(InfrastructureError, match="cannot be written"):
            sync(own.url, "between", results, leaderboard(results))
        own.start()
        assert sync(own.url, "between", results, leaderboard(results)) == len(results)
        assert_complete(own.url, "between", results)


def test_sync_with_a_server_that_answers_500_or_nothing(
    results: list[TrialResult], server: MlflowServer, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("symbench.tracking.replay.PAUSES", (0.1,))
    monkeypatch.setattr("symbench.tracking.replay.ANSWER_S", 2.0)
    proxy.failing = True
    with pytest.raises(InfrastructureError, match="cannot be written"):
        sync(proxy.url, "unwell", results, leaderboard(results))
    proxy.failing, proxy.delay = False, 30.0
    began = time.perf_counter()
    with pytest.raises(InfrastructureError, match="has not answered for 2 s"):
        sync(proxy.url, "unwell", results, leaderboard(results))
    assert time.perf_counter() - began < 20.0
    proxy.delay = 0.0
    monkeypatch.setattr("symbench.tracking.replay.ANSWER_S", 300.0)
    assert sync(proxy.url, "unwell", results, leaderboard(results)) == len(results)
    assert_complete(server.url, "unwell", results)
