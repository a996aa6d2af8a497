"""A trial finds the process as a fresh one, whatever the trials before it changed there."""

from __future__ import annotations

import builtins
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from symbench.classifiers.evaluate.run import WALL_CLOCK_METRICS
from symbench.data.splits import Pool
from symbench.executors import Executor, Limits, LocalExecutor, make_executor
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite, parse_suite
from symbench.tasks.base import DataContext
from symbench.trial.clean_state import LEFT_BEHIND, clean_state
from symbench.trial.result import Status, TrialResult
from tests.conftest import BEHAVIOURS, ROOT
from tests.plugins.ways import CHANGES, LEFT, torch_changes

SUITE = """
name: touched
seeds: 1
discovery:
  - {{task: tiny, train_sizes: [10], methods: [{changes}]}}
  - {{task: tiny, train_sizes: [20], methods: [draw]}}
  - {{task: so3, train_sizes: [40], methods: [nullspace]}}
classification:
  - {{task: few-jets, train_sizes: [40], methods: [{{name: pfn, params: {{epochs: 2}}}}], operations: [rotation]}}
"""
ENTRY = "{{name: change, label: {0}, params: {{what: {0}}}}}"
RESTORED = (*CHANGES, *torch_changes())
Metrics = Mapping[str, float]


def plugins() -> list[Plugin]:
    both = [read_plugin(BEHAVIOURS), read_plugin(BEHAVIOURS.with_name("sources.py"))]
    load_plugins(both)
    return both


def results_of(executor: Executor, folder: Path, *changes: str) -> list[TrialResult]:
    """The results in the order of running: first the changes, then the trials that must not notice them."""
    loaded = plugins()
    suite: CheckedSuite = parse_suite(
        SUITE.format(changes=", ".join(ENTRY.format(what) for what in changes) or "behave"), folder=folder
    )
    context = DataContext(folder)
    pools = {block.task.digest: Pool(block.task.load(context), block.task.sizes()) for block in suite.blocks}
    return list(executor.run(list(suite.trials()), pools, loaded))


def metrics_of(results: list[TrialResult]) -> dict[str, Metrics]:
    """Method → the metrics of the trials that must not notice anything; without measured times."""
    watched = [result for result in results if result.spec.method.name in ("draw", "nullspace", "pfn")]
    assert [result.status for result in watched] == [Status.OK] * 3, [result.error for result in watched]
    return {
        r.spec.method.name: {name: value for name, value in r.metrics.items() if name not in WALL_CLOCK_METRICS}
        for r in watched
    }


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Metrics]:
    """The metrics in a process that ran nothing else."""
    folder = tmp_path_factory.mktemp("fresh")
    program = (
        "import json, pathlib; from symbench.executors import LocalExecutor; "
        "from tests.trial.test_clean_state import metrics_of, results_of; "
        f"print(json.dumps(metrics_of(results_of(LocalExecutor(), pathlib.Path({str(folder)!r})))))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Metrics] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def one_worker() -> Iterator[Executor]:
    with make_executor("ray", cpus=1, limits=Limits(grace_s=3)) as started:
        yield started


def test_what_a_trial_changes_does_not_reach_the_next(fresh: dict[str, Metrics], tmp_path: Path) -> None:
    results = results_of(LocalExecutor(), tmp_path, *RESTORED)
    assert metrics_of(results) == fresh
    assert [result.notes[LEFT_BEHIND] for result in results if LEFT_BEHIND in result.notes] == []


def test_workers_of_ray_start_every_trial_alike(
    one_worker: Executor, fresh: dict[str, Metrics], tmp_path: Path
) -> None:
    results = results_of(one_worker, tmp_path, *RESTORED)
    assert metrics_of(results) == fresh
    changes = [result for result in results if result.spec.method.name == "change"]
    assert {result.status for result in changes} == {Status.OK}, [result.error for result in changes]
    assert len({result.metrics["method_process"] for result in changes}) == 1, "a worker was ended without need"


def test_what_stays_ends_the_worker_and_loses_no_trial(
    one_worker: Executor, fresh: dict[str, Metrics], tmp_path: Path
) -> None:
    results = results_of(one_worker, tmp_path, *LEFT)
    assert metrics_of(results) == fresh
    left = [result for result in results if result.spec.method.name == "change"]
    assert len({result.metrics["method_process"] for result in left}) == len(LEFT), "a worker went on"
    assert all(LEFT_BEHIND in result.notes for result in left)
    assert {result.notes["attempts"] for result in results} == {"1"}, "a trial was lost with the worker before it"


def test_the_local_executor_reports_what_stays(
    fresh: dict[str, Metrics], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reported = {
        "thread": "the thread 'left over'",
        "function": "torch.nn.functional.relu",
        "import-hook": "import hook",
    }
    with caplog.at_level(logging.WARNING, "symbench.executors"):
        results = results_of(LocalExecutor(), tmp_path, *reported)
    notes = {r.spec.method_label: r.notes[LEFT_BEHIND] for r in results if LEFT_BEHIND in r.notes}
    assert notes.keys() == reported.keys()
    for what, note in reported.items():
        assert note in notes[what]
        assert note in caplog.text
    assert metrics_of(results) == fresh, "functions and hooks are set back as well"


def test_the_process_of_the_caller_is_as_before(behaviours: Plugin) -> None:
    """A notebook keeps its own settings, which no trial sees."""
    import numpy as np
    import torch

    def settings() -> tuple[object, ...]:
        return (
            torch.get_default_dtype(),
            np.geterr()["over"],
            str(np.random.get_state()),  # noqa: NPY002
            torch.initial_seed(),
            torch.is_grad_enabled(),
        )

    torch.set_default_dtype(torch.float64)
    np.seterr(over="raise")
    torch.set_grad_enabled(False)
    try:
        before = settings()
        with clean_state("seed") as state:
            state.begin(loaded=False)
            assert torch.get_default_dtype() is torch.float32
            assert np.geterr()["over"] == "warn"
            assert torch.is_grad_enabled()
        assert settings() == before
        assert state.left_behind == []
    finally:
        torch.set_default_dtype(torch.float32)
        np.seterr(over="warn")
        torch.set_grad_enabled(True)


def test_what_ray_binds_when_a_worker_prints_is_no_trace_of_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray puts its own `print` in place from a thread that waits for the workers' output: at any time, also later."""
    from ray.experimental import tqdm_ray

    monkeypatch.setattr("symbench.trial.clean_state._KNOWN", {})
    for place, left in ((tqdm_ray.safe_print, []), (lambda *_: None, ["another builtins.print"])):
        with clean_state("seed") as state:
            state.begin(loaded=False)
            monkeypatch.setattr(builtins, "print", place)
        assert state.left_behind == left
    assert builtins.print is tqdm_ray.safe_print


def _interrupted() -> None:
    with clean_state("seed") as state:
        state.begin(loaded=True)
        os.environ["LEFT_OVER"] = "1"
        raise KeyboardInterrupt


def test_the_state_is_restored_whatever_ends_the_trial() -> None:
    with pytest.raises(KeyboardInterrupt):
        _interrupted()
    assert "LEFT_OVER" not in os.environ
