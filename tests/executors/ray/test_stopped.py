"""Parts of a Ray that a run has started are stopped or killed, as by SIGSTOP, swapping or the kernel: the run ends.

The processes are real. The journal holds what was acknowledged, and nothing of Ray is left.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from symbench.driver.flow import run_suite
from symbench.executors import Limits, make_executor
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.plugins import Plugin
from symbench.suite.resolve import CheckedSuite
from symbench.trial.result import Status
from tests.driver_process import Drivers, wait_for
from tests.nodes.conftest import Told, when

MORE_RESULTS = 2


class RayRun:
    """`symbench run` on a Ray of its own, held after its first results."""

    def __init__(self, folder: Path, empty_store: Path) -> None:
        self.drivers = Drivers(folder)
        self.drivers.home.root.mkdir()
        shutil.copy(empty_store, self.drivers.home.root / "mlflow.db")
        self.drivers.hold()
        self.driver = self.drivers.start(executor="ray")
        self.drivers.until(self.driver, MORE_RESULTS)
        self.family = psutil.Process(self.driver.pid).children(recursive=True)

    def part(self, name: str) -> psutil.Process:
        """The process of Ray with this program or title."""
        for process in self.family:
            words = process.cmdline()
            if words and (Path(words[0]).name == name or words[0].startswith(name)):
                return process
        raise AssertionError(f"no {name} among {self.family}")

    def ends(self, within: float) -> tuple[int, str]:
        """Exit code and standard error, after which nothing of Ray may live for long."""
        _, said = self.driver.communicate(timeout=within)
        wait_for(lambda: not self.left(), seconds=10)
        assert "Traceback" not in said
        return self.driver.returncode, said

    def left(self) -> list[psutil.Process]:
        living = []
        for process in self.family:
            try:
                if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    living.append(process)
            except psutil.NoSuchProcess:
                continue
        return living

    def completes(self) -> None:
        """The same command does the rest, and loses nothing."""
        before = self.drivers.journal.latest()
        assert len(before) >= MORE_RESULTS
        self.drivers.release()
        self.drivers.run()
        self.drivers.assert_each_once()
        after = self.drivers.journal.latest()
        assert {key: after[key].finished_at for key in before} == {key: r.finished_at for key, r in before.items()}

    def stop(self) -> None:
        self.driver.kill()
        self.driver.communicate()
        for process in self.left():
            process.kill()


@pytest.fixture
def ray_run(tmp_path: Path, empty_store: Path) -> Iterator[RayRun]:
    run = RayRun(tmp_path, empty_store)
    yield run
    run.stop()


@pytest.mark.parametrize("name", ["gcs_server", "raylet"])
def test_the_second_ctrl_c_ends_a_run_whose_ray_is_stopped(ray_run: RayRun, name: str) -> None:
    ray_run.part(name).suspend()
    time.sleep(2.0)  # so that calls are stuck
    os.killpg(ray_run.driver.pid, signal.SIGINT)
    time.sleep(1.0)
    os.killpg(ray_run.driver.pid, signal.SIGINT)
    began = time.monotonic()
    code, said = ray_run.ends(5.0)
    assert time.monotonic() - began < 5.0
    assert code == 130
    assert "cancelling running trials" in said
    assert "stopped at once" in said
    if name == "raylet":
        ray_run.completes()


def test_one_ctrl_c_ends_a_run_whose_raylet_is_stopped(ray_run: RayRun) -> None:
    ray_run.part("raylet").suspend()
    time.sleep(2.0)
    os.killpg(ray_run.driver.pid, signal.SIGINT)
    code, said = ray_run.ends(40.0)
    assert code == 130
    assert "stopped; " in said


@pytest.mark.parametrize("name", ["gcs_server", "raylet"])
def test_a_part_that_is_killed_ends_the_run_at_once_and_fails_no_trial(ray_run: RayRun, name: str) -> None:
    part = ray_run.part(name)
    part.kill()
    code, said = ray_run.ends(40.0)
    assert code == 3
    assert f"Ray's {name} (process {part.pid}) died" in said
    assert {result.status for result in ray_run.drivers.journal.results()} == {Status.OK}
    if name == "raylet":
        ray_run.completes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "reason"),
    [("gcs_server", "the head of the Ray cluster has not answered for"), ("raylet", "the Ray node that this run")],
)
def test_a_part_that_is_stopped_ends_the_run_after_a_deadline(ray_run: RayRun, name: str, reason: str) -> None:
    ray_run.part(name).suspend()
    code, said = ray_run.ends(120.0)
    assert code == 3
    assert reason in said
    assert {result.status for result in ray_run.drivers.journal.results()} == {Status.OK}
    ray_run.completes()


def test_nothing_of_ray_outlives_a_driver_that_is_killed(ray_run: RayRun) -> None:
    """Its agents would wait a minute for a new head; the cluster's files go, too."""
    folders = {word for p in ray_run.family for word in p.cmdline() if word.startswith("--temp-dir=")}
    ray_run.driver.kill()
    ray_run.driver.communicate()
    wait_for(lambda: not ray_run.left(), seconds=15)
    wait_for(lambda: not any(Path(word.partition("=")[2]).exists() for word in folders), seconds=15)


# --- workers

SUITE = """
name: stopped
seeds: 3
timeout: 20 s
discovery:
  - task: tiny
    train_sizes: [10]
    methods: [{name: behave, params: {how: HOW, trace: TRACE, seconds: 0.2}}]
"""


def run_here(suite: CheckedSuite, home: Home, plugin: Plugin, limits: Limits) -> dict[int, Status]:
    """Seed → status of a run with a Ray of one CPU in this process."""
    run_suite(suite, lambda: make_executor("ray", cpus=1, limits=limits), Told(), home=home, plugins=[plugin])
    results = list(Journal(home.journal("stopped")).results())
    return {result.spec.seed: result.status for result in results}


def test_a_worker_that_is_stopped_is_killed_after_its_limit_even_if_it_has_the_only_cpu(
    make_suite: Callable[[str], CheckedSuite], home: Home, behaviours: Plugin, tmp_path: Path
) -> None:
    suite = make_suite(SUITE.replace("HOW", "well").replace("TRACE", str(tmp_path)).replace("0.2", "1.0"))
    first = tmp_path / "well-0-10"
    stop = when(
        lambda: first.exists() and first.read_text(), lambda text: os.kill(int(text.split()[0]), signal.SIGSTOP)
    )
    began = time.monotonic()
    statuses = run_here(suite, home, behaviours, Limits(grace_s=1.0))
    stop.join(1)
    assert statuses == {0: Status.TIMEOUT, 1: Status.OK, 2: Status.OK}
    assert time.monotonic() - began < 20.0 + 100.0, "the limit, and what a loaded machine needs to start"
