"""A row of a leaderboard is what today's suite says it is, seen on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from symbench.tracking import Store
from tests.cli.test_cli import run, symbench
from tests.conftest import BEHAVIOURS, ROOT

JETS_TASK = ROOT / "tests" / "plugins" / "jets.py"
HEAD = "name: same\nseeds: 3\ndiscovery:\n  - {task: tiny, train_sizes: [10], methods: "


def write(folder: Path, methods: str, name: str = "suite.yaml") -> Path:
    file = folder / name
    file.write_text(f"{HEAD}{methods}}}\n")
    return file


def rows(capsys: pytest.CaptureFixture[str], suite: Path, *more: object) -> dict[str, dict[str, int]]:
    """Method label → statuses of the leaderboard's rows."""
    _, out, _ = run(capsys, "leaderboard", suite, "--format", "json", *more)
    return {row["method"]: row["statuses"] for row in json.loads(out)}


def test_two_settings_of_one_method_are_two_rows_whatever_they_were_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A method, then the same with another parameter, then both with labels: each entry has its own three seeds."""
    assert run(capsys, "run", write(tmp_path, "[behave]"), "--executor", "local")[0] == 0
    other = "{name: behave, params: {seconds: 0.001}}"
    assert run(capsys, "run", write(tmp_path, f"[{other}]"), "--executor", "local")[0] == 0
    both = "[{name: behave, label: first}, {name: behave, label: second, params: {seconds: 0.001}}]"
    suite = write(tmp_path, both)
    assert rows(capsys, suite) == {"first": {"ok": 3}, "second": {"ok": 3}}
    _, out, err = run(capsys, "run", suite, "--executor", "local", "--json")
    assert json.loads(out)["executed"] == 0, err
    assert {row["method"] for row in json.loads(out)["leaderboard"]} == {"first", "second"}
    store = Store(f"sqlite:///{tmp_path}/home/mlflow.db", "same")
    boards = list(store.search("tags.`symbench.kind` = 'leaderboard'"))
    assert sorted(board.data.params["method"] for board in boards) == ["first", "second"]
    trials = list(store.search("tags.`symbench.kind` = 'trial'"))
    assert sorted({trial.data.params["method"] for trial in trials}) == ["first", "second"]
    assert len(trials) == 6


def test_a_renamed_baseline_keeps_its_section(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def suite(label: str) -> Path:
        file = tmp_path / "jets.yaml"
        file.write_text(
            "name: jets\nseeds: 2\nclassification:\n"
            f"  - {{task: toy-jets, train_sizes: [60, 200], baseline: {label}, operations: [rotation],\n"
            f"     methods: [{{name: one-jet, label: {label}}},\n"
            "               {name: one-jet, label: other, params: {slope: 2}}]}\n"
        )
        return file

    plugin = tmp_path / "jets_plugin.py"
    plugin.write_text(JETS)
    for label in ("old-name", "new-name"):
        code, out, err = symbench(
            capsys, "run", suite(label), "--plugin", JETS_TASK, "--plugin", plugin, "--executor", "local"
        )
        assert code == 0, err
        page = Path(re.search(r"^report +(.*)$", out, re.M)[1]).with_suffix(".md")  # type: ignore[index]
        assert f"against {label}" in page.read_text() or f"than {label}" in page.read_text(), label
        assert label == "old-name" or "old-name" not in page.read_text()


JETS = '''
from typing import ClassVar

import torch
from pydantic import Field

from symbench.classifiers.base import Classifier
from symbench.registry import classifier


@classifier("one-jet")
class OneJet(Classifier):
    """A linear function of the sum of the constituents."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "linear"
    epochs: int = Field(2, ge=1)
    slope: float = Field(1.0)

    def build(self, classes: int = 2):
        class Net(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.head = torch.nn.Linear(4, 2).double()

            def forward(self, four_momenta, mask, features=None):
                return self.head((four_momenta * mask[..., None]).sum(1) / 100)

        return Net()
'''


def test_two_suites_of_one_name_each_get_their_own_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = write(tmp_path, "[{name: behave, label: of-one}]", "one.yaml")
    two = write(tmp_path, "[{name: behave, label: of-two}]", "two.yaml")
    for suite, label, absent in ((one, "of-one", "of-two"), (two, "of-two", "of-one"), (one, "of-one", "of-two")):
        _, out, _ = run(capsys, "run", suite, "--executor", "local")
        text = Path(re.search(r"^report +(.*)$", out, re.M)[1]).read_text()  # type: ignore[index]
        assert label in text
        assert absent not in text


def test_a_report_is_written_again_exactly_when_suite_or_results_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = write(tmp_path, "[behave]")

    def written() -> int:
        _, out, _ = run(capsys, "run", suite, "--executor", "local")
        return Path(re.search(r"^report +(.*)$", out, re.M)[1]).stat().st_mtime_ns  # type: ignore[index]

    first = written()
    suite.touch()
    assert written() == first, "the time of a file says nothing"
    suite.write_text(suite.read_text() + "# a comment\n")
    second = written()
    assert second > first, "the report shows the text of the suite"
    (tmp_path / "home" / "runs" / "same" / "report" / "leaderboard.csv").unlink()
    assert written() > second, "a report with a file missing is not whole"


@pytest.mark.parametrize("verb", [("run", "--executor", "local"), ("plan",), ("run", "--dry-run")])
def test_a_selection_that_matches_nothing_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: tuple[str, ...]
) -> None:
    suite = write(tmp_path, "[behave]")
    code, out, err = run(capsys, verb[0], suite, *verb[1:], "--only", "tiny/behav")
    assert code == 2
    assert "unknown entry 'tiny/behav'; did you mean 'tiny/behave'?" in err
    assert not out
    assert not (tmp_path / "home" / "runs").exists()


def test_a_journal_and_its_suite_are_enough_without_the_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is moved away after the run: ranking, reporting and syncing take the data's digest from the journal."""
    data = tmp_path / "mine.csv"
    frame = pd.DataFrame({"x": range(40), "y": [i % 7 for i in range(40)], "m": [i * 0.5 for i in range(40)]})
    frame.to_csv(data, index=False)
    suite = tmp_path / "own.yaml"
    suite.write_text(
        "name: own\nseeds: 2\ndiscovery:\n  - task:\n      name: table\n"
        "      params: {path: mine.csv, vectors: [[x, y]], label: m, known_truth: none}\n"
        "    train_sizes: [20]\n    methods: [random]\n"
    )
    code, _, err = symbench(capsys, "run", suite, "--executor", "local")
    assert code == 0, err
    _, with_data, _ = symbench(capsys, "leaderboard", suite)
    data.rename(tmp_path / "elsewhere.csv")
    code, without_data, err = symbench(capsys, "leaderboard", suite)
    assert (code, without_data) == (0, with_data), err
    assert symbench(capsys, "report", suite)[0] == 0
    code, out, _ = symbench(capsys, "sync", suite, "--tracking-uri", f"sqlite:///{tmp_path}/other.db")
    assert (code, out[:8]) == (0, "2 trials")
    code, _, err = symbench(capsys, "run", suite, "--executor", "local")
    assert code == 2
    assert "mine.csv" in err, "a run needs the data"


def test_a_shared_store_keeps_every_owners_leaderboard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"sqlite:///{tmp_path}/shared.db"
    one, two = write(tmp_path, "[{name: behave, label: a}]", "one.yaml"), write(tmp_path, "[behave]", "two.yaml")
    for user, suite in (("ada", one), ("emmy", two), ("ada", one)):
        monkeypatch.setenv("LOGNAME", user)
        arguments = ("--executor", "local", "--tracking-uri", uri, "--home", tmp_path / user)
        assert run(capsys, "run", suite, *arguments)[0] == 0
        sync = ("--tracking-uri", uri, "--home", tmp_path / user, "--plugin", BEHAVIOURS)
        assert symbench(capsys, "sync", suite, *sync)[0] == 0
    boards = list(Store(uri, "same").search("tags.`symbench.kind` = 'leaderboard'"))
    assert {board.data.tags["mlflow.user"]: board.data.params["method"] for board in boards} == {
        "ada": "a",
        "emmy": "behave",
    }
    assert len(boards) == 2
    assert all(board.data.tags["symbench.home"].startswith(str(tmp_path)) for board in boards)


def test_the_same_trial_in_two_places_of_a_suite_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = tmp_path / "twice.yaml"
    suite.write_text(
        "name: twice\nseeds: 1\ndiscovery:\n"
        "  - {task: {name: tiny, label: one}, train_sizes: [10], methods: [behave]}\n"
        "  - {task: {name: tiny, label: two}, train_sizes: [10], methods: [behave]}\n"
    )
    code, _, err = run(capsys, "plan", suite)
    assert code == 2
    assert "behave on two is the same trial as behave on one in discovery[0]; leave one of them out" in err
