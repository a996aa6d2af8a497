"""Methods that misbehave in every way: each is a record with a readable reason, and stops no other trial."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbench.data.splits import Pool
from symbench.driver.flow import run_suite
from symbench.driver.progress_lines import PlainProgress
from symbench.executors import Executor, Limits, LocalExecutor, make_executor
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.leaderboard.scores import score_tables
from symbench.leaderboard.table import terminal
from symbench.plugins import Plugin
from symbench.report import write_report
from symbench.suite.resolve import CheckedSuite, parse_suite
from symbench.tasks.base import DataContext
from symbench.trial.result import Status, TrialResult
from tests.plugins.ways import NONSENSE, RAISES, UNUSUAL

WAYS = (*RAISES, *NONSENSE, *UNUSUAL, "recursion")
ENTRY = "{{name: misbehave, label: {0}, params: {{how: {0}}}}}"


def suite_of(folder: Path, *ways: str) -> CheckedSuite:
    entries = ", ".join(ENTRY.format(way) for way in ways)
    return parse_suite(
        f"name: ways\nseeds: 1\ntimeout: 60 s\n"
        f"discovery:\n  - {{task: tiny, train_sizes: [10], methods: [{entries}, behave]}}\n",
        folder=folder,
    )


@pytest.fixture(scope="module", params=["local", "ray"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with make_executor(request.param, cpus=1, limits=Limits(grace_s=3)) as started:
        yield started


def run(executor: Executor, suite: CheckedSuite, plugin: Plugin, folder: Path) -> dict[str, TrialResult]:
    pools = {b.task.digest: Pool(b.task.load(DataContext(folder)), b.task.sizes()) for b in suite.blocks}
    return {r.spec.method_label: r for r in executor.run(list(suite.trials()), pools, [plugin])}


def is_readable(text: str) -> bool:
    return text.replace("\n", " ").isprintable() and bool(text.strip())


def test_every_way_to_misbehave_is_a_record(executor: Executor, behaviours: Plugin, tmp_path: Path) -> None:
    results = run(executor, suite_of(tmp_path, *WAYS), behaviours, tmp_path)
    assert results.keys() == {*WAYS, "behave"}
    assert results["behave"].status is Status.OK
    for way in (*RAISES, *NONSENSE, "recursion"):
        result = results[way]
        assert result.status is Status.FAILED, way
        assert result.error is not None
        assert is_readable(result.error.type), way
        assert is_readable(f"{result.error.message} {result.error.traceback}"), way
        assert len(result.error.message) <= 2000, way
        assert len(result.error.traceback) <= 40_000, way
        assert not result.metrics, way
        json.dumps(result.model_dump(mode="json"), allow_nan=False).encode()
    reasons = {way: f"{r.error.type}: {r.error.message}" for way, r in results.items() if r.error is not None}
    assert reasons["own-end"] == "OwnEnd: of its own class"
    assert reasons["exit"] == "SystemExit: 7"
    assert reasons["interrupt"] == "KeyboardInterrupt: as of Ctrl-C"
    assert "its __str__ raised SystemExit" in reasons["exit-in-text"]
    assert "(50000000 characters)" in reasons["long"]
    assert "\\x1b[2J" in reasons["hostile-text"]
    assert reasons["none"] == "TypeError: the method returned an object of type NoneType, not a Symmetry"
    assert reasons["complex"] == "TypeError: the method returned generators of complex128, not of real numbers"
    assert reasons["none-scalar"].endswith("'extra': a real number was expected, not NoneType")


def test_numbers_that_are_not_finite_are_stored_as_such(executor: Executor, behaviours: Plugin, tmp_path: Path) -> None:
    results = run(executor, suite_of(tmp_path, *UNUSUAL), behaviours, tmp_path)
    metrics = results["infinite"].metrics
    assert results["infinite"].status is Status.OK, results["infinite"].error
    assert (metrics["method_high"], metrics["method_low"]) == (math.inf, -math.inf)
    assert math.isnan(metrics["method_none"])
    assert (metrics["method_large"], metrics["method_small"]) == (1e308, 2.5)
    with Journal(tmp_path / "journal.jsonl") as journal:
        held = journal.append(results["infinite"])
    assert held.metrics["method_high"] == math.inf
    line = json.loads((tmp_path / "journal.jsonl").read_text(), parse_constant=lambda word: pytest.fail(word))
    stored = [line["metrics"][f"method_{name}"] for name in ("high", "low", "none")]
    assert stored == ["Infinity", "-Infinity", "NaN"]
    (read,) = Journal(tmp_path / "journal.jsonl").results()
    assert repr(read.metrics) == repr(metrics)
    assert all(is_readable(name) for name in results["hostile-scalar"].metrics)


@pytest.mark.parametrize("way", ["os-exit", "signal-SIGKILL", "signal-SIGTERM", "signal-SIGABRT"])
def test_a_method_that_ends_its_process_ends_no_other_trial(
    executor: Executor, behaviours: Plugin, tmp_path: Path, way: str
) -> None:
    if not executor.isolates:
        pytest.skip("such a trial ends the driver with this executor, as docs/failures.md states")
    results = run(executor, suite_of(tmp_path, way), behaviours, tmp_path)
    assert results["behave"].status is Status.OK
    assert results[way].status is Status.FAILED
    error = results[way].error
    assert error is not None
    assert "the worker was lost 2 times" in error.message


def test_no_control_character_leaves_a_run(
    behaviours: Plugin, home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From hostile messages and names of metrics to progress lines, tables, report and MLflow."""
    from mlflow.tracking import MlflowClient

    suite = suite_of(tmp_path, "hostile-text", "hostile-name", "hostile-scalar", "infinite", "exit")
    summary = run_suite(suite, LocalExecutor, PlainProgress(quiet=False), home=home, plugins=[behaviours])
    assert summary.tracking_failure is None
    assert len(summary.results) == 6
    printed = capsys.readouterr()
    texts = [printed.out, printed.err, terminal(score_tables(summary.rows)), home.journal("ways").read_text()]
    paths = write_report(suite, summary.results, tmp_path / "report", current_keys=summary.keys)
    texts += [path.read_text() for path in (paths.html, paths.markdown, paths.leaderboard, paths.results)]
    client = MlflowClient(home.tracking_uri)
    experiment = client.get_experiment_by_name("ways")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) > 6
    for each in runs:
        words = {**each.data.tags, **each.data.params, **dict.fromkeys(each.data.metrics, "")}
        texts += [part for pair in words.items() for part in pair]
    for text in texts:
        hidden = {c for c in text if not c.isprintable() and c != "\n"}
        assert not hidden, ascii(hidden)
    assert "<b>&amp;</b> |" not in paths.html.read_text()
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in paths.html.read_text()
