"""Packaged suites, by name and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symbench.errors import SuiteError, UnknownNameError
from symbench.suite import packaged
from symbench.suite.resolve import load_suite
from tests.cli.test_cli import symbench
from tests.conftest import ROOT

NAMES = sorted(file.stem for file in (ROOT / "suites").glob("*.yaml"))


def test_the_folder_at_the_top_is_the_source() -> None:
    assert list(packaged.files()) == NAMES
    assert packaged.path_of("cms").read_bytes() == (ROOT / "suites" / "cms.yaml").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_suite_has_the_name_of_its_file(name: str) -> None:
    """The folder of results is named by the suite, and the command by the file."""
    assert load_suite(packaged.path_of(name)).name == name


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown suite 'cmz'; did you mean 'cms'"):
        packaged.locate("cmz")
    with pytest.raises(UnknownNameError, match="unknown suite 'toptags'; did you mean 'toptag'"):
        packaged.path_of("toptags")


def test_a_file_has_precedence_over_a_packaged_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert packaged.locate("cms") == packaged.path_of("cms")
    Path("cms").mkdir()
    assert packaged.locate("cms") == packaged.path_of("cms"), "a folder is not a suite"
    Path("cms").rmdir()
    Path("cms").write_text("name: mine")
    assert packaged.locate("cms") == Path("cms")


def test_a_path_is_not_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert packaged.locate("cms.yaml") == Path("cms.yaml")
    assert packaged.locate("./somewhere/mine.yaml") == Path("somewhere/mine.yaml")
    with pytest.raises(SuiteError, match="no such file; for the packaged suite write 'cms', without folder and suffix"):
        packaged.locate("suites/cms.yaml")


def test_the_list_has_names_descriptions_and_trials(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = symbench(capsys, "suites", "--json")
    assert code == 0
    rows = {row["name"]: row for row in json.loads(out)}
    assert list(rows) == NAMES
    cms = load_suite(ROOT / "suites" / "cms.yaml")
    assert (rows["cms"]["trials"], rows["cms"]["description"]) == (len(cms), cms.description)
    _, table, _ = symbench(capsys, "suites")
    lines = table.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == NAMES
    assert f"{len(cms)} trials  The Minkowski metric" in lines[NAMES.index("cms")]


def test_the_text_of_one_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert symbench(capsys, "suites", "dynamics")[1] == (ROOT / "suites" / "dynamics.yaml").read_text()
    code, _, err = symbench(capsys, "suites", "dynamic")
    assert (code, "did you mean 'dynamics'" in err) == (2, True)


@pytest.mark.parametrize(
    ("verb", "more", "expected"),
    [
        ("plan", [], 0),
        ("run", ["--dry-run"], 0),
        ("leaderboard", [], 1),
        ("report", [], 1),
        ("data list", [], 0),
    ],
)
def test_a_name_is_taken_wherever_a_suite_is(
    verb: str, more: list[str], expected: int, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = symbench(capsys, *verb.split(), "dynamics", *more)
    assert code == expected, err
    assert "dynamics" in err or "kepler" in out
    code, _, err = symbench(capsys, *verb.split(), "dynamic", *more)
    assert (code, "did you mean 'dynamics'" in err) == (2, True)


def test_sync_and_submit_take_a_name_too(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in (["sync", "dynamic"], ["submit", "dynamic", "--address", "http://127.0.0.1:1", "--home", "h"]):
        code, _, err = symbench(capsys, *verb)
        assert (code, "did you mean 'dynamics'" in err) == (2, True), err
