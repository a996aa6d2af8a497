"""Methods with parts on a real Ray of two CPUs: the result of one process to the bit, whatever happens to a part."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from symbench.data.splits import Pool
from symbench.executors import Executor, Limits, LocalExecutor, make_executor
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite, parse_suite
from symbench.tasks.base import DataContext
from symbench.trial.result import Status, TrialResult
from tests.conftest import ROOT

Run = Callable[..., TrialResult]


@pytest.fixture(scope="module")
def plugins() -> list[Plugin]:
    found = [read_plugin(ROOT / "tests" / "plugins" / name) for name in ("behaviours.py", "parts.py")]
    load_plugins(found)
    return found


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with make_executor("ray", cpus=2, limits=Limits(grace_s=30)) as started:
        yield started


def suite_of(entry: str, folder: Path, task: str = "tiny", events: int = 40, timeout: str = "200 s") -> CheckedSuite:
    block = f"  - {{task: {task}, train_sizes: [{events}], methods: [{entry}]}}"
    return parse_suite(f"name: parts\nseeds: 1\ntimeout: {timeout}\ndiscovery:\n{block}\n", folder=folder)


def run_on(executor: Executor, suite: CheckedSuite, plugins: list[Plugin], folder: Path) -> TrialResult:
    pools = {
        block.task.digest: Pool(block.task.load(DataContext(folder)), block.task.sizes()) for block in suite.blocks
    }
    (result,) = executor.run(suite.trials(), pools, plugins)
    return result


@pytest.fixture
def run(executor: Executor, plugins: list[Plugin], tmp_path: Path) -> Run:
    return lambda entry, **options: run_on(executor, suite_of(entry, tmp_path, **options), plugins, tmp_path)


def nothing_runs() -> None:
    """Wait until all CPUs are free again."""
    import ray

    deadline = time.monotonic() + 60
    while ray.available_resources().get("CPU", 0) < 2:
        assert time.monotonic() < deadline, "a part still holds a CPU"
        time.sleep(0.2)


def lines(path: Path) -> list[list[int]]:
    return [[int(word) for word in line.split()] for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("method", "events"),
    [
        ("nullspace, params: {family: network, width: 4, steps: 2}", 34_000),
        pytest.param("quadratic", 70_000, marks=pytest.mark.slow),
    ],
)
def test_a_fit_in_two_workers_is_that_of_one_process_to_the_bit(
    run: Run, tmp_path: Path, method: str, events: int
) -> None:
    task = "{name: lorentz, params: {events: 70000, noise: 0.1}}"
    several = run(f"{{name: {method}, workers: 2}}", task=task, events=events)
    with LocalExecutor() as local:
        one = run_on(local, suite_of(f"{{name: {method}}}", tmp_path, task=task, events=events), [], tmp_path)
    assert several.status is one.status is Status.OK, (several.error, one.error)
    assert several.key == one.key
    assert several.metrics == one.metrics
    assert several.arrays == one.arrays
    assert several.environment["workers"] == "2"
    assert int(several.environment["parts"]) > 10
    assert several.timings["cpu"] > 0


def test_parts_run_in_workers_and_their_results_keep_the_order(run: Run, tmp_path: Path) -> None:
    result = run(f"{{name: in-parts, workers: 2, params: {{trace: {tmp_path}}}}}")
    means = result.array("means")
    assert means is not None
    assert len(np.unique(means)) == 8
    ran = lines(tmp_path / "well")
    assert sorted(number for number, _ in ran) == list(range(8))
    assert 1 <= len({process for _, process in ran}) <= 3
    assert result.environment["parts"] == "8"


def test_a_lost_part_is_a_lost_attempt(run: Run, tmp_path: Path) -> None:
    result = run(f"{{name: in-parts, workers: 2, params: {{how: die-once, trace: {tmp_path}}}}}")
    assert result.status is Status.OK, result.error
    assert result.notes["attempts"] == "2"
    assert "in a part" in result.notes["lost_workers"]


def test_a_part_that_always_dies_is_a_failure(run: Run, tmp_path: Path) -> None:
    result = run(f"{{name: in-parts, workers: 2, params: {{how: die, trace: {tmp_path}}}}}")
    assert result.status is Status.FAILED
    assert result.error is not None
    assert "lost 2 times" in result.error.message
    assert [number for number, _ in lines(tmp_path / "die")].count(2) == 2
    nothing_runs()


def test_an_error_of_a_part_is_that_of_the_trial_and_not_tried_again(run: Run, tmp_path: Path) -> None:
    result = run(f"{{name: in-parts, workers: 2, params: {{how: raise, trace: {tmp_path}}}}}")
    assert result.status is Status.FAILED
    assert result.error is not None
    assert (result.error.type, result.error.message) == ("ArithmeticError", "raised on purpose")
    assert result.notes["attempts"] == "1"
    nothing_runs()


def test_the_time_limit_ends_the_parts(run: Run, tmp_path: Path) -> None:
    result = run(f"{{name: in-parts, workers: 2, params: {{how: sleep, trace: {tmp_path}}}}}", timeout="12 s")
    assert result.status is Status.TIMEOUT, result.error
    assert result.error is not None
    assert result.error.message == "the trial ran past its limit of 12 s"
    assert 2 in [number for number, _ in lines(tmp_path / "sleep")], "the limit came before the part"
    nothing_runs()


def test_a_part_has_the_memory_of_a_worker(run: Run, tmp_path: Path) -> None:
    memory = "resources: {memory: 600 MiB}"
    result = run(f"{{name: in-parts, workers: 2, {memory}, params: {{how: greedy, trace: {tmp_path}}}}}")
    assert result.status is Status.OOM, result.error
