"""Searches on Ray Tune: the results of one process, side by side; a lost worker's training begun anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbench import registry
from symbench.data.splits import Pool
from symbench.executors import Executor, Limits, LocalExecutor, make_executor
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import parse_suite
from symbench.tasks.base import DataContext
from symbench.trial.result import Status, TrialResult
from symbench.tuning.course import Course
from symbench.tuning.search import LOSS, STOPPED, Search, search_state
from tests.conftest import ROOT

SUITE = """
name: tuned
tune: {search: SEARCH, trials: 3, train_size: 40}
timeout: 10 min
classification:
  - task: toy-jets
    train_sizes: [40]
    operations: [rotation]
    methods:
      - {name: mlp, label: good, params: {width: 4, epochs: 4, min_steps: 0}}
      - {name: accident, params: {width: 4, epochs: 4, min_steps: 0, how: die, at: 3, trace: TRACE}}
"""

STOPPING = SUITE.replace("10 min", "25 s").replace("how: die", "how: stop")


@pytest.fixture(scope="module")
def plugin() -> Plugin:
    found = read_plugin(ROOT / "tests" / "plugins" / "jets.py")
    load_plugins([found])
    return found


@pytest.fixture(scope="module")
def on_ray() -> Iterator[Executor]:
    with make_executor("ray", cpus=2, limits=Limits(grace_s=3)) as executor:
        yield executor


def _searches(search: str, folder: Path) -> list[Search]:
    suite = parse_suite(SUITE.replace("SEARCH", search).replace("TRACE", str(folder)), folder=folder)
    return [search for _, _, search in suite.searches()]


def _run(executor: Executor, searches: list[Search], plugin: Plugin, folder: Path) -> list[TrialResult]:
    task = registry.find_task("toy-jets")()
    pools = {task.digest: Pool(task.load(DataContext(folder)), task.sizes())}
    found: list[TrialResult] = []
    courses = [Course(search, {}) for search in searches]
    executor.search(courses, pools, [plugin], found.append)
    assert all(course.search_state.finished for course in courses)
    return found


def _by_index(results: list[TrialResult], search: Search) -> dict[int, TrialResult]:
    found = [r for r in results if r.spec.configuration and r.spec.configuration.search == search.key]
    return {r.spec.configuration.index: r for r in found if r.spec.configuration}


def test_ray_tune_gives_what_one_process_gives_and_survives_a_worker(
    on_ray: Executor, plugin: Plugin, tmp_path: Path
) -> None:
    """The same losses to the bit; the training that killed its worker is begun anew, and says so."""
    good, accident = _searches("random", tmp_path)
    results = _run(on_ray, [good, accident], plugin, tmp_path)
    assert len(results) == 6
    here = _by_index(_run(LocalExecutor(), [good], plugin, tmp_path), good)
    there = _by_index(results, good)
    assert {i: r.metrics[LOSS] for i, r in there.items()} == {i: r.metrics[LOSS] for i, r in here.items()}
    assert {r.status for r in results} == {Status.OK}, [r.error for r in results]
    assert search_state(good, there).changed == search_state(good, here).changed
    killed = len(list(tmp_path.glob("killed-*")))  # two where both workers come to that step at once
    assert killed in (1, 2)
    losses = [r.notes["lost_workers"] for r in results if "lost_workers" in r.notes]
    assert losses == ["WorkerCrashedError"] * killed
    assert sorted(r.notes["attempts"] for r in results) == ["1"] * (6 - killed) + ["2"] * killed
    assert all(r.notes["node"] for r in results)


def test_a_worker_of_a_search_that_is_stopped_is_killed_after_its_limit(
    on_ray: Executor, plugin: Plugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.executors.ray.test_tune.SUITE", STOPPING)
    _, accident = _searches("random", tmp_path)
    results = _run(on_ray, [accident], plugin, tmp_path)
    assert len(results) == 3
    statuses = Counter(result.status for result in results)
    assert statuses[Status.TIMEOUT] >= 1, [result.error for result in results]
    assert statuses[Status.OK] >= 1, [result.error for result in results]
    assert all("was killed" in r.error.message for r in results if r.error and r.status is Status.TIMEOUT)


def test_halving_on_ray_tune_stops_trainings_between_their_parts(
    on_ray: Executor, plugin: Plugin, tmp_path: Path
) -> None:
    """Every training ends in a record, whole or stopped, and the recipe as it is is whole."""
    search = _searches("asha", tmp_path)[0]
    found = _by_index(_run(on_ray, [search], plugin, tmp_path), search)
    assert sorted(found) == [0, 1, 2]
    assert STOPPED not in found[0].notes
    for result in found.values():
        assert result.status is Status.OK, result.error
        assert (result.metrics["epochs"] < 4) == (STOPPED in result.notes)
        assert "rung_1_loss" in result.metrics
