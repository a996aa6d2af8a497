"""Suites and results in Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import symbench as sb
from symbench.trial.result import Status
from tests.conftest import BEHAVIOURS

TEXT = """
name: api
seeds: 3
discovery:
  - task: so2
    train_sizes: [20, 40]
    methods: [truth, random, {name: behave, params: {how: raise}}]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def suite(home: Path) -> sb.Suite:
    file = home / "api.yaml"
    file.write_text(TEXT)
    return sb.load_suite(file, plugins=[BEHAVIOURS])


@pytest.fixture(scope="module")
def results(suite: sb.Suite, home: Path) -> sb.Results:
    return suite.run(executor="local", home=home, progress=False)


def test_a_suite_runs_and_gives_tables(suite: sb.Suite, results: sb.Results) -> None:
    assert len(suite) == len(results) == 18
    board = results.leaderboard()
    assert list(board.columns[:9]) == [
        *("track", "task", "train_size", "tier", "method", "metric", "score", "low", "high")
    ]
    assert len(board) == 6
    truth = board[board.method == "truth"]
    assert (truth.score == 1).all()
    assert (board[board.method == "behave"].not_ok == 3).all()
    trials = results.trials()
    assert len(trials) == 18
    assert set(trials.status) == {"ok", "failed"}
    metrics = results.metrics()
    assert {"f1", "recall", "angle_max_deg"} <= set(metrics.metric)
    assert set(results.leaderboard(columns=["recall"]).columns) - set(board.columns) == {"recall"}


def test_trials_have_their_arrays_by_name(results: sb.Results) -> None:
    (trial,) = results.select(method="truth", train_size=40, seed=1)
    assert trial.status is Status.OK
    assert trial.generators.shape == (1, 2, 2)
    np.testing.assert_array_equal(results.trial(trial.key[:12]).generators, trial.generators)
    with pytest.raises(sb.UnknownNameError, match="did you mean 'generators'"):
        trial.array("generator")
    (failed, *_) = results.select(method="behave")
    assert "raised on purpose" in str(failed.error)
    assert failed in results


def test_recorded_results_are_opened_by_name_and_by_file(results: sb.Results, home: Path) -> None:
    by_name = sb.open_results(home, "api")
    assert by_name.leaderboard().equals(results.leaderboard())
    assert len(sb.load_suite(home / "api.yaml").results(home=home)) == 18
    with pytest.raises(sb.SuiteError, match="did you mean 'api'"):
        sb.open_results(home, "apj")


def test_a_plan_counts_what_is_done(suite: sb.Suite, home: Path, results: sb.Results) -> None:
    plan = suite.plan(home=home)
    assert plan[plan.method == "truth"].done.tolist() == [3, 3]
    assert plan[plan.method == "behave"].retry.tolist() == [3, 3]
    with pytest.raises(sb.UnknownNameError, match="did you mean 'so2/truth'"):
        suite.plan(home=home, only="so2/trut")


def test_two_sets_of_results_are_compared_seed_by_seed(results: sb.Results) -> None:
    table = sb.compare(results, results)
    assert len(table) == 4, "entries that failed have no score"
    assert (table.difference == 0).all()
    assert table.same_keys.all()


def test_everything_shows_itself_in_a_notebook(suite: sb.Suite, results: sb.Results) -> None:
    for shown in (suite, results, next(iter(results))):
        html = shown._repr_html_()
        assert "<table" in html
    assert "so2" in suite._repr_html_()
    assert "truth" in results._repr_html_()


def test_sections_are_tables(results: sb.Results, tmp_path: Path) -> None:
    needed = results.section("events-needed")
    assert set(needed.method) == {"truth", "random"}
    with pytest.raises(sb.UnknownNameError, match="did you mean 'cost'"):
        results.section("costs")
    page = results.report(tmp_path / "report")
    assert page.read_text().startswith("<!doctype html>")
    assert (tmp_path / "report" / "metrics.parquet").exists()


def test_what_there_is_comes_as_tables() -> None:
    assert "lorentz" in sb.list_tasks().index
    assert sb.list_methods().loc["nullspace", "track"] == "function"
    assert "lorentznet" in sb.list_classifiers().index
    task = sb.load_task("so3", events=100)
    assert task.x.shape == (1100, 1, 3)
    assert len(task) == len(task.y) == 1100
    assert task.truth is not None
    assert task.truth.shape == (3, 3, 3)
