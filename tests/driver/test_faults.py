"""What befalls a driver, on real processes: afterwards every trial is in journal and MLflow exactly once."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from symbench.driver.flow import run_suite
from symbench.executors import LocalExecutor
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.plugins import Plugin
from symbench.suite.resolve import load_suite
from symbench.trial.result import Status
from tests.driver_process import Drivers, mlflow_runs, mlflow_trials, wait_for


@pytest.fixture
def drivers(tmp_path: Path, empty_store: Path) -> Drivers:
    made = Drivers(tmp_path)
    made.home.root.mkdir()
    shutil.copy(empty_store, made.home.root / "mlflow.db")
    return made


# --- killed


def test_a_killed_driver_takes_its_ray_with_it_and_loses_nothing(drivers: Drivers) -> None:
    driver = drivers.start(executor="ray")
    try:
        drivers.until(driver, 8)
        ray = [child for child in psutil.Process(driver.pid).children(recursive=True) if child.is_running()]
        assert len(ray) > 5
    finally:
        driver.kill()
        driver.communicate()
    before = drivers.journal.latest()
    wait_for(lambda: not any(_lives(p) for p in ray), seconds=30)
    drivers.run()
    drivers.assert_each_once()
    after = drivers.journal.latest()
    assert {key: after[key].finished_at for key in before} == {key: r.finished_at for key, r in before.items()}


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_kills_at_random_moments_lose_nothing(drivers: Drivers) -> None:
    moments = random.Random(1)
    for _ in range(3):
        driver = drivers.start()
        held = drivers.journal.path.read_bytes().count(b"\n") if drivers.journal.path.exists() else 0
        drivers.until(driver, min(held + 1, drivers.trials))
        time.sleep(moments.uniform(0.0, 0.3))
        driver.kill()
        driver.communicate()
        list(drivers.journal.results())
    drivers.run()
    drivers.assert_each_once()
    executions = mlflow_runs(drivers.home.tracking_uri, "flow", "execution")
    assert "FINISHED" in {run.info.status for run in executions} <= {"KILLED", "FINISHED"}, "no run is shown as running"


# --- interrupted


@pytest.mark.parametrize(("number", "code", "executor"), [(signal.SIGINT, 130, "ray"), (signal.SIGTERM, 143, "local")])
def test_one_signal_ends_a_run_in_order(drivers: Drivers, number: int, code: int, executor: str) -> None:
    drivers.hold()
    driver = drivers.start(executor=executor)
    drivers.until(driver, 2)
    wait_for(lambda: bool(mlflow_runs(drivers.home.tracking_uri, "flow", "trial")))
    if number == signal.SIGINT:
        os.killpg(driver.pid, number)  # a terminal sends Ctrl-C to the whole group, Ray's processes included
    else:
        driver.send_signal(number)
    _, said = driver.communicate(timeout=60)
    assert driver.returncode == code, said
    held = drivers.journal.path.read_bytes().count(b"\n")
    assert f"stopped; {held} results are in {drivers.journal.path}, the same command continues" in said
    assert "Traceback" not in said
    assert held < drivers.trials
    assert len(list(drivers.journal.results())) == held
    assert [run.info.status for run in mlflow_runs(drivers.home.tracking_uri, "flow", "execution")] == ["KILLED"]
    drivers.release()
    drivers.run()
    drivers.assert_each_once()


def test_a_second_signal_leaves_at_once(drivers: Drivers) -> None:
    """The first waits for an MLflow that never answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        driver = drivers.start("--tracking-uri", f"http://127.0.0.1:{silent.getsockname()[1]}")
        drivers.until(driver, 2)
        driver.send_signal(signal.SIGINT)
        assert driver.stderr is not None
        lines: list[str] = []
        while not any("a second signal stops at once" in line for line in lines):
            lines.append(driver.stderr.readline())
            assert lines[-1], lines
        asked = time.monotonic()
        driver.send_signal(signal.SIGINT)
        _, said = driver.communicate(timeout=60)
        assert time.monotonic() - asked < 2.0
    assert driver.returncode == 130
    assert "stopped at once" in said or "stopped" in said
    drivers.run()
    drivers.assert_each_once()


# --- the file


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", folder], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"a small file system needs the right to mount one: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_ends_the_run_and_the_next_goes_on(drivers: Drivers, small_disk: Path) -> None:
    journal = Journal(small_disk / "flow.jsonl")
    said = drivers.run("--journal", small_disk, code=3)
    assert f"cannot write {journal.path}: No space left on device" in said
    assert "the same command continues" in said
    assert "Traceback" not in said
    written = list(journal.results())
    assert 0 < len(written) < drivers.trials
    assert journal.path.read_bytes().endswith(b"\n")
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    drivers.run("--journal", small_disk)
    drivers.assert_each_once(journal=journal)
    assert list(journal.results())[: len(written)] == written


def test_torn_and_damaged_lines(drivers: Drivers) -> None:
    """A torn last line is dropped and run again; a damaged one is said, and once it is cut, run again."""
    drivers.run()
    path = drivers.journal.path
    whole = path.read_bytes()
    path.write_bytes(whole[:-500])
    drivers.run()
    drivers.assert_each_once()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], lines[4][:300] + b"\n", *lines[5:]]))
    said = drivers.run(code=3)
    assert f"{path} line 5 is damaged" in said
    assert "cut the line" in said
    path.write_bytes(b"".join([*lines[:4], *lines[5:]]))
    drivers.run()
    drivers.assert_each_once()


def test_a_second_driver_is_told_who_holds_the_journal(drivers: Drivers) -> None:
    drivers.hold()
    first = drivers.start()
    drivers.until(first, 1)
    said = drivers.run(code=3)
    assert f"is being written by process {first.pid} on {socket.gethostname()}" in said
    first.terminate()
    _, told = first.communicate(timeout=200)
    assert first.returncode == 143, told
    drivers.release()
    drivers.run()
    drivers.assert_each_once()


# --- the clock


class _Watch:
    """An observer that turns the clock back a day with every result."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch, self.now = monkeypatch, time.time()
        self.statuses: list[Status] = []

    def executing_on(self, where: str) -> None: ...
    def making_data(self, task: str) -> None: ...
    def searching(self, searches: int, configurations: int | None) -> None: ...
    def planned(self, to_run: int, done: int) -> None: ...
    def finished(self, result: object) -> None:
        self.statuses.append(result.status)  # type: ignore[attr-defined]
        self.now -= 86_400.0
        # of the module that dates results alone: a changed `time.time` would be put back before the next trial
        clock = SimpleNamespace(**{**vars(time), "time": lambda: self.now})
        self.monkeypatch.setattr("symbench.trial.execute.time", clock)


def test_a_clock_that_jumps_back_changes_neither_limits_nor_which_result_counts(
    tmp_path: Path, empty_store: Path, behaviours: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    shutil.copy(empty_store, home.root / "mlflow.db")
    trace = tmp_path / "trace"
    trace.mkdir()
    file = tmp_path / "clock.yaml"
    file.write_text(f"""
name: clock
seeds: 3
timeout: 2 s
discovery:
  - task: tiny
    train_sizes: [10]
    methods: [{{name: behave, params: {{how: sleep-once, trace: {trace}}}}}]
""")
    watch = _Watch(monkeypatch)
    for _ in range(2):
        summary = run_suite(load_suite(file), LocalExecutor, watch, home=home, plugins=[behaviours])
    assert watch.statuses == [Status.TIMEOUT] * 3 + [Status.OK] * 3
    assert summary.statuses == {Status.OK: 3}
    results = list(Journal(home.journal("clock")).results())
    assert len(results) == 6
    assert all(a.finished_at > b.finished_at for a, b in itertools.pairwise(results))
    assert {r.status for r in Journal(home.journal("clock")).latest().values()} == {Status.OK}
    assert summary.rows[0].statuses == {Status.OK: 3}
    held = mlflow_trials(home.tracking_uri, "clock")
    assert set(held.values()) == {1}
    runs = mlflow_runs(home.tracking_uri, "clock", "trial")
    assert {run.data.tags["status"] for run in runs} == {"ok"}
