"""`symbench forget`, `merge` and `compare` as a user meets them."""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
from pathlib import Path

import pytest

from symbench.home import Home
from symbench.journal.file import Journal
from symbench.plugins import Plugin
from symbench.suite.resolve import load_suite
from symbench.trial.result import Status, TrialError, TrialResult
from symbench.trial.spec import TrialSpec
from tests.cli.test_cli import SUITE, run, suite, symbench
from tests.conftest import BEHAVIOURS

__all__ = ["suite"]  # a fixture


def record(suite: Path, journal: Path, only: str = "*") -> Path:
    """A journal as a run of these entries leaves it: `behave` ends ok, `bad` fails."""
    with Journal(journal) as file:
        for spec in load_suite(suite).trials():
            if fnmatch.fnmatchcase(spec.method_label, only):
                failed = spec.method_label == "bad"
                file.write(
                    TrialResult(
                        key=spec.key,
                        spec=spec,
                        status=Status.FAILED if failed else Status.OK,
                        error=TrialError(type="ValueError", message="on purpose") if failed else None,
                    )
                )
    return journal


@pytest.fixture
def journal(suite: Path, tmp_path: Path, behaviours: Plugin) -> Path:
    return record(suite, Home(tmp_path / "home").journal("mini"))


def test_forgotten_entries_run_again_and_others_do_not(
    suite: Path, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = journal.read_bytes()
    code, out, _ = run(capsys, "forget", suite, "--only", "bad", "--dry-run")
    assert code == 0
    assert "tiny/bad, N = 10: 2 trials\nwould remove 2 results of 2 trials" in out
    assert journal.read_bytes() == before
    code, out, _ = run(capsys, "forget", suite, "--only", "*/behave")
    assert code == 0
    assert re.search(r"removed 2 results of 2 trials in .*journal.jsonl; 2 stay", out)
    assert {r.spec.method_label for r in Journal(journal).latest().values()} == {"bad"}
    assert "4 trials, 4 to run" in run(capsys, "plan", suite)[1]
    code, _, err = run(capsys, "forget", suite, "--only", "behav")
    assert (code, "unknown recorded entry 'behav'" in err) == (2, True)


def test_forget_uses_the_labels_that_the_suite_has_now(
    suite: Path, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite.write_text(SUITE.replace("label: bad", "label: renamed"))
    assert run(capsys, "forget", suite, "--only", "bad")[0] == 2, "no such entry any more"
    assert "tiny/renamed, N = 10: 2 trials" in run(capsys, "forget", suite, "--only", "renamed")[1]


def test_parts_that_ran_apart_merge_to_the_whole(
    suite: Path, tmp_path: Path, behaviours: Plugin, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = [record(suite, tmp_path / f"results-{only}" / "journal.jsonl", only).parent for only in ("behave", "bad")]
    code, out, _ = run(capsys, "merge", suite, *parts)
    assert code == 0
    assert "results-behave/journal.jsonl: 2 trials, 2 added\n" in out
    assert "4 results added to" in out
    assert "4 trials, 2 to run" in run(capsys, "plan", suite)[1]
    assert "0 results added to" in run(capsys, "merge", suite, parts[0])[1]


def test_a_journal_of_another_suite_is_refused(
    suite: Path, journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(journal, tmp_path / "other.jsonl")
    suite.write_text(SUITE.replace("[10]", "[20]").replace("mini", "another"))
    code, out, err = run(capsys, "merge", suite, tmp_path / "other.jsonl")
    assert (code, "has a result of another" in err) == (3, True)
    assert "4 left out, which are no trials of another" in out


def test_two_journals_and_two_exports_are_compared(
    suite: Path, journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scored = []
    for line in (line for line in Journal(journal).results() if line.status is Status.OK):
        metrics = {"f1_chance_corrected": 0.5 + 0.1 * line.spec.seed}
        scored.append(line.model_copy(update={"metrics": metrics}))
    for name, shift in (("a", 0.1), ("b", 0.0)):
        with Journal(tmp_path / name / "journal.jsonl") as file:
            for result in scored:
                moved = {key: value + shift for key, value in result.metrics.items()}
                file.write(result.model_copy(update={"metrics": moved}))
    code, out, err = symbench(capsys, "compare", tmp_path / "a", tmp_path / "b" / "journal.jsonl", "--format", "json")
    assert (code, err) == (0, "")
    (row,) = json.loads(out)
    assert (row["method"], row["same_keys"], row["seeds"]) == ("behave", True, 2)
    assert row["difference"] == pytest.approx(0.1)
    code, out, _ = symbench(capsys, "compare", tmp_path / "a", tmp_path / "b")
    assert code == 0
    assert "same trials" in out
    code, _, err = symbench(capsys, "compare", tmp_path / "a")
    assert (code, "no results of former code or data" in err) == (3, True)
    assert symbench(capsys, "compare", tmp_path / "a", tmp_path / "nothing.jsonl")[0] == 3


def test_stale_results_are_compared_with_those_of_today(
    suite: Path, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = [result for result in Journal(journal).results() if result.status is Status.OK]
    with Journal(journal) as file:
        for result in results:
            older = {**result.spec.method.model_dump(), "version": "0"}
            spec = TrialSpec.model_validate({**result.spec.model_dump(), "method": older})
            file.write(
                result.model_copy(update={"spec": spec, "key": spec.key, "metrics": {"f1_chance_corrected": 0.2}})
            )
            file.write(result.model_copy(update={"metrics": {"f1_chance_corrected": 0.9}}))
    code, out, err = symbench(capsys, "compare", suite, "--plugin", BEHAVIOURS, "--format", "json")
    assert (code, err) == (0, "")
    (row,) = json.loads(out)
    assert row["difference"] == pytest.approx(0.7)
    assert row["changed"][0].startswith("method.version 0 → ")
