"""A tuned suite from its searches to the leaderboard: interrupted, resumed, shown, and left alone once it is done."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from symbench import registry
from symbench.cli import command
from symbench.driver.flow import RunSummary, run_suite
from symbench.driver.plan import Plan, State
from symbench.driver.winners import with_winners
from symbench.errors import SuiteError
from symbench.executors import LocalExecutor
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.leaderboard.sections import SECTIONS, rendered
from symbench.leaderboard.tuning import tuning_rows, tuning_table, verdict
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite, parse_suite
from symbench.trial.result import TrialResult
from symbench.tuning.search import LOSS
from tests.conftest import ROOT

JETS = ROOT / "tests" / "plugins" / "jets.py"
SUITE = """
name: tuned
seeds: 2
tune: {search: SEARCH, trials: 3, train_size: 50}
classification:
  - task: toy-jets
    train_sizes: [40]
    operations: [{name: rotation}]
    methods:
      - {name: mlp, label: mlp, params: {width: 4, epochs: 3, min_steps: 0}}
      - {name: pfn, params: {width: 16, epochs: 12, min_steps: 0, learning_rate: 1.0e-6}, search_space: SPACE}
      - {name: mlp, label: as-it-is, params: {width: 5, epochs: 1, min_steps: 0}, search_space: {}}
"""
SPACE = "{learning_rate: {choice: [1.0e-6, 1.0e-3, 1.0e-2]}}"


class Stopping:
    """An observer that interrupts the run after some results."""

    def __init__(self, after: int | None = None) -> None:
        self.after = after
        self.trained: list[tuple[str, int | None]] = []

    def executing_on(self, where: str) -> None: ...
    def making_data(self, task: str) -> None: ...
    def searching(self, searches: int, configurations: int | None) -> None: ...
    def planned(self, to_run: int, done: int) -> None: ...
    def finished(self, result: TrialResult) -> None:
        configuration = result.spec.configuration
        self.trained.append((result.spec.method_label, None if configuration is None else configuration.index))
        if len(self.trained) == self.after:
            raise KeyboardInterrupt


@pytest.fixture
def plugin() -> Plugin:
    found = read_plugin(JETS)
    load_plugins([found])
    return found


@pytest.fixture
def suite(plugin: Plugin, tmp_path: Path) -> CheckedSuite:
    return _suite(tmp_path)


def _suite(folder: Path, search: str = "random", space: str = SPACE) -> CheckedSuite:
    return parse_suite(SUITE.replace("SEARCH", search).replace("SPACE", space), folder=folder)


@pytest.fixture
def go(home: Home, plugin: Plugin) -> Callable[..., RunSummary]:
    def run(suite: CheckedSuite, observer: Stopping | None = None, **options: object) -> RunSummary:
        return run_suite(suite, LocalExecutor, observer or Stopping(), home=home, plugins=[plugin], **options)  # type: ignore[arg-type]

    return run


def _runs(home: Home) -> Counter[str]:
    """Kind → number of live runs in MLflow."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(home.tracking_uri)
    experiment = client.get_experiment_by_name("tuned")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])
    assert {run.data.params["configuration"] for run in found if run.data.tags["symbench.kind"] == "search"} == set(
        "012"
    )
    return Counter(run.data.tags["symbench.kind"] for run in found)


def test_searches_run_first_are_resumed_and_give_the_trials_their_parameters(
    go: Callable[..., RunSummary], suite: CheckedSuite, home: Home
) -> None:
    """Killed twice, in the searches and in the trials: nothing is trained twice, and the end is the same."""
    before = Plan(with_winners(suite, {}), {})
    assert {state for _, state in before.trials()} == {State.WAITING, State.MISSING}
    first, second, third = Stopping(after=4), Stopping(after=4), Stopping()
    for observer in (first, second):
        with pytest.raises(KeyboardInterrupt):
            go(suite, observer)
    summary = go(suite, third)
    every = [*first.trained, *second.trained, *third.trained]
    assert Counter(every) == Counter(
        [
            *((label, i) for label in ("mlp", "pfn") for i in range(3)),
            *[(m, None) for m in ("mlp", "pfn", "as-it-is")] * 2,
        ]
    )
    assert [index is None for _, index in every] == sorted(index is None for _, index in every), "searches first"
    assert [result.status for result in summary.results] == ["ok"] * 6

    recorded = Journal(home.journal("tuned")).latest()
    searches = list(summary.suite.searches())
    assert len(searches) == 2
    for _, entry, search in searches:
        trained = [r for r in recorded.values() if r.spec.configuration and r.spec.configuration.search == search.key]
        best = min(trained, key=lambda r: (r.metrics[LOSS], r.spec.configuration.index))  # type: ignore[union-attr]
        used = [r for r in summary.results if r.spec.method_label == entry.label]
        assert len(used) == 2
        assert all(r.spec.method.parameters == best.spec.method.parameters for r in used)
        assert all(r.spec.configuration is None for r in used)
    rows = {row.method: row for row in tuning_rows(summary.suite)}
    assert rows["pfn"].configuration != 0, "a rate that trains nothing does not win"
    assert rows["pfn"].loss < rows["pfn"].recipe_loss  # type: ignore[operator]
    assert rows["mlp"].loss <= rows["mlp"].recipe_loss  # type: ignore[operator]
    assert {row.method for row in summary.rows} == {"mlp", "pfn", "as-it-is"}
    assert {row.seeds_ok for row in summary.rows} == {2}

    plain = parse_suite(
        suite.text.replace("tune: {search: random, trials: 3, train_size: 50}", "tune: false").replace(
            "learning_rate: 1.0e-6}", f"learning_rate: {rows['pfn'].parameters['learning_rate']}}}"
        ),
        folder=home.root,
    )
    same = {r.key for r in summary.results if r.spec.method_label == "pfn"}
    assert same <= {trial.key for trial in plain.trials()}, "the trials of an entry that states these parameters"

    kinds = _runs(home)
    assert (kinds["search"], kinds["trial"], kinds["leaderboard"]) == (6, 6, 3)
    assert go(suite, again := Stopping()).executed == 0
    assert again.trained == []
    more = parse_suite(suite.text.replace("trials: 3", "trials: 4"), folder=home.root)
    assert with_winners(more, recorded).waiting() == {("toy-jets", "mlp")}, "the other space has three configurations"


def test_halving_stops_trainings_and_says_so(go: Callable[..., RunSummary], plugin: Plugin, home: Home) -> None:
    """What is clearly worse at a rung is not trained to its end, and the journal has where it stopped."""
    space = "{learning_rate: {choice: [1.0e-2, 1.0e-6, 1.0e-7, 1.0e-8, 1.0e-5]}}"
    text = (
        SUITE.replace("SEARCH, trials: 3", "asha, trials: 5")
        .replace("SPACE", space)
        .replace("1.0e-6}, s", "1.0e-2}, s")
    )
    suite = parse_suite(text, folder=home.root)
    summary = go(suite, only="pfn")
    (row,) = [row for row in tuning_rows(summary.suite) if row.method == "pfn"]
    assert row.finished
    assert row.stopped >= 1
    assert row.configuration == 0
    assert verdict(row) == "the default recipe: learning_rate 0.01"
    stopped = [r for r in Journal(home.journal("tuned")).latest().values() if "stopped" in r.notes]
    assert len(stopped) == row.stopped
    assert all(r.metrics["epochs"] < 12 and "rung_1_loss" in r.metrics for r in stopped)
    waiting = next(row for row in tuning_rows(summary.suite) if row.method == "mlp")
    assert verdict(waiting).startswith("waiting")
    assert json.loads(rendered(SECTIONS["tuning"], [waiting], "json"))[0]["finished"] is False
    assert len(tuning_table([row, waiting]).lines) == 2


def test_two_entries_that_come_out_alike_are_refused(go: Callable[..., RunSummary], plugin: Plugin, home: Home) -> None:
    """Their trials would be the same, and the leaderboard could not tell whose they are."""
    params = "{width: 16, epochs: 12, min_steps: 0, learning_rate: RATE}"
    entry = f"- {{name: pfn, label: LABEL, params: {params}, search_space: SPACE}}"
    text = SUITE[: SUITE.index("- {name: mlp")]
    for label, rate in (("a", "1.0e-6"), ("b", "1.0e-2")):
        text += entry.replace("LABEL", label).replace("RATE", rate) + "\n      "
    suite = parse_suite(text.replace("SEARCH", "random").replace("SPACE", SPACE), folder=home.root)
    with pytest.raises(SuiteError, match="a and b on toy-jets have the same parameters after their searches"):
        go(suite)


def _symbench(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code: str | int | None = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["symbench", *map(str, arguments), "--plugin", str(JETS)])
        try:
            command()
        except SystemExit as ended:
            code = ended.code
    captured = capsys.readouterr()
    return int(code or 0), captured.out, captured.err


def test_every_command_knows_of_searches(
    suite: CheckedSuite, home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Plan, leaderboard, report and sync, before and after the searches."""
    file = tmp_path / "tuned.yaml"
    file.write_text(suite.text)
    code, out, _ = _symbench(capsys, "plan", file)
    assert code == 0
    assert (
        "search of pfn on toy-jets (random, 3 configurations, N = 50): 0 of 3 done; varies learning_rate one of" in out
    )
    assert "6 trials, 2 to run, 4 waiting for searches" in out
    code, _, err = _symbench(capsys, "leaderboard", file)
    assert code == 1
    assert "mlp on toy-jets is tuned (random, 3 configurations): waiting: the search has not finished" in err
    code, _, err = _symbench(capsys, "run", file, "--executor", "local")
    assert code == 0, err
    assert "2 searches run first, of 6 configurations" in err
    code, out, _ = _symbench(capsys, "plan", file)
    assert "search of pfn on toy-jets (random, 3 configurations, N = 50): done" in out
    assert "6 trials, 0 to run" in out
    code, out, _ = _symbench(capsys, "plan", file, "--json")
    told = {row["method"]: row["search"] for row in json.loads(out)}
    assert told["as-it-is"] is None
    assert told["pfn"]["finished"]
    assert told["pfn"]["parameters"]["learning_rate"] in (1e-3, 1e-2)
    code, out, _ = _symbench(capsys, "leaderboard", file)
    assert "Searches, by validation loss" in out
    code, out, _ = _symbench(capsys, "leaderboard", file, "--section", "tuning", "--format", "csv")
    assert out.splitlines()[0].startswith("task,method,search,train_size")
    assert len(out.strip().splitlines()) == 3
    code, out, _ = _symbench(capsys, "report", file, "--out", tmp_path / "page")
    assert code == 0
    assert 'id="tuning"' in (tmp_path / "page" / "report.html").read_text()
    assert "## Tuning" in (tmp_path / "page" / "report.md").read_text()
    code, out, _ = _symbench(capsys, "sync", file)
    assert out.startswith("6 trials of tuned are in")
    assert _runs(home)["search"] == 6


def test_data_that_cannot_be_made_fail_the_trials_and_not_the_run(
    go: Callable[..., RunSummary], suite: CheckedSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can be searched then: the trials run with the default recipe and say what is wrong."""

    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(registry.find_task("toy-jets"), "load", broken)
    summary = go(suite)
    assert Counter(r.status.value for r in summary.results) == {"failed": 6}
    assert all(r.error and "the disk is gone" in r.error.message for r in summary.results)
