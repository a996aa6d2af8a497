"""Journals that earlier versions of symbench wrote stay readable: results, arrays, plan, leaderboard and report."""

from __future__ import annotations

import base64
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbench import registry
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.journal.records import FORMAT
from symbench.trial.result import TrialResult
from tests.cli.test_cli import run

STORED = sorted((Path(__file__).parent / "stored").glob("format-*.jsonl"))


@pytest.fixture(params=STORED, ids=lambda path: path.stem)
def stored(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def suite(stored: Path, home: Home, tmp_path: Path) -> Path:
    """The suite of a stored journal, and a home that holds a copy of the journal."""
    journal = home.journal("stored")
    journal.parent.mkdir(parents=True)
    shutil.copy(stored, journal)
    return Path(shutil.copy(stored.with_suffix(".yaml"), tmp_path / "suite.yaml"))


def lines(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def plan(capsys: pytest.CaptureFixture[str], suite: Path) -> dict[str, dict[str, int]]:
    """Method label → the number of its trials in each state."""
    code, out, err = run(capsys, "plan", suite, "--json")
    assert code == 0, err
    return {row["method"]: row["states"] for row in json.loads(out)}


def test_there_is_a_journal_of_every_format() -> None:
    assert [path.stem for path in STORED] == [f"format-{number}" for number in range(1, FORMAT + 1)]


def test_every_line_is_read_as_it_was_written(stored: Path) -> None:
    written = lines(stored)
    assert {line["journal"] for line in written} == {int(stored.stem.removeprefix("format-"))}
    whole = list(Journal(stored).results())
    light = Journal(stored).latest()
    assert [result.key for result in whole] == [line["key"] for line in written] == list(light)
    for line, result in zip(written, whole, strict=True):
        assert_same(line, result)
        assert_same(line, light[result.key])


def assert_same(line: dict[str, Any], result: TrialResult) -> None:
    assert (result.key, result.status.value) == (line["key"], line["status"])
    assert result.metrics == line["metrics"]
    assert (result.notes, result.environment, result.timings) == (line["notes"], line["environment"], line["timings"])
    assert (result.error.message if result.error else None) == (line["error"] or {}).get("message")
    spec = line["spec"]
    assert (result.spec.task.name, result.spec.method.name) == (spec["task"]["name"], spec["method"]["name"])
    assert (result.spec.train_size, result.spec.seed) == (spec["train_size"], spec["seed"])
    assert (result.spec.source is None) == (spec.get("source") is None)
    assert (result.spec.configuration is None) == (spec.get("configuration") is None)
    for name, array in line["arrays"].items():
        expected = np.frombuffer(base64.b64decode(array["data"]), dtype=array["dtype"]).reshape(array["shape"])
        np.testing.assert_array_equal(result.array(name), expected)


def test_the_journals_hold_what_a_format_has_to_express(stored: Path) -> None:
    written = lines(stored)
    assert {line["status"] for line in written} >= {"ok", "timeout"}
    assert any(line["spec"].get("source") for line in written)
    assert any(line["spec"].get("configuration") for line in written)
    assert any(line["arrays"] for line in written)


def test_results_of_another_version_are_stale_and_shown_as_such(
    suite: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = plan(capsys, suite)
    assert before.keys() == {"nullspace", "chance", "too-slow", "truth", "searched", "liegnn"}
    # Defaults of some methods have changed since: their old results answer another question, and they are missing.
    assert {method for method, states in before.items() if "missing" in states} <= {"nullspace", "too-slow", "liegnn"}
    assert all(before[method] == {"stale": 2} for method in ("chance", "truth")), before
    monkeypatch.setattr(registry.find_classifier("mlp"), "version", "a later one")
    after = plan(capsys, suite)
    assert after.pop("searched") == {"waiting": 2}, "its search runs again first"
    assert after == {method: states for method, states in before.items() if method != "searched"}
    code, out, err = run(capsys, "leaderboard", suite, "--format", "markdown")
    assert code == 0, err
    assert any("chance" in line and "stale" in line for line in out.splitlines()), out
    code, _, err = run(capsys, "report", suite)
    assert (code, "only stale results are recorded" in err) == (1, True), err


def test_a_run_appends_to_a_journal_of_an_earlier_format(
    suite: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = home.journal("stored")
    count = len(lines(journal))
    code, _, err = run(capsys, "run", suite, "--only", "so3/chance", "--fresh", "--executor", "local")
    assert code == 0, err  # the trials that ran out of time are not those of today's `too-slow`
    assert Counter(line["journal"] for line in lines(journal)[count:]) == {FORMAT: 2}
    assert len(list(Journal(journal).results())) == count + 2
    assert plan(capsys, suite)["chance"] == {"done": 2}
