"""Missing extras: the error names the package and the command, before anything is started."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import pytest

from symbench.classifiers.augmented import Augmented
from symbench.errors import MissingExtraError
from symbench.extras import Requirement, is_installed, require, require_all
from symbench.registry import find_classifier
from symbench.suite.packaged import path_of
from symbench.suite.recorded import RecordedDigests
from symbench.suite.resolve import load_suite, parse_suite
from symbench.tasks.base import DataContext
from symbench.tasks.classification.top_tagging import TopTagging
from symbench.tasks.function.top_tagging_label import TopTaggingLabel
from symbench.tasks.jet_recipe import versions
from symbench.trial.result import Status, TrialResult
from tests.cli.test_cli import symbench

SUITE = """
name: optional
seeds: 1
classification:
  - {task: w-tagging, train_sizes: [100], methods: [mlp, lgatr]}
"""


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process as one without the extras `jets` and `lorentz`."""
    for package in ("pythia8mc", "fastjet", "lgatr", "lloca"):
        monkeypatch.setitem(sys.modules, package, None)


def test_what_is_installed_is_accepted() -> None:
    require("numpy", "data")
    assert is_installed("numpy")
    assert not is_installed("no_such_package_anywhere")


def test_the_message_has_the_command() -> None:
    with pytest.raises(MissingExtraError) as raised:
        require("no_such_package_anywhere", "jets")
    assert str(raised.value) == "no_such_package_anywhere is not installed; run `pip install 'symbench[jets]'`"
    assert raised.value.exit_code == 2
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value), "workers raise it too"


def test_one_command_for_all_that_is_missing() -> None:
    wanted = [Requirement("no_such_a", "jets"), Requirement("no_such_b", "jets"), Requirement("no_such_c", "lorentz")]
    with pytest.raises(MissingExtraError) as raised:
        require_all([*wanted, *wanted], "a on b")
    assert str(raised.value) == (
        "a on b cannot run: no_such_a and no_such_b and no_such_c are not installed; "
        "run `pip install 'symbench[jets,lorentz]'`"
    )


def test_parameters_decide_what_is_needed() -> None:
    assert [each.extra for each in TopTagging().requirements()] == ["jets", "jets"]
    assert [each.package for each in TopTagging(source="reference").requirements()] == ["h5py"]
    assert TopTaggingLabel().requirements() == TopTagging().requirements()
    assert Augmented(classifier="pfn").requirements() == ()
    assert Augmented(classifier="lloca").requirements() == (Requirement("lloca", "lorentz"),)


@pytest.mark.usefixtures("hidden")
def test_a_plan_shows_the_trials_and_then_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "suite.yaml").write_text(SUITE)
    code, out, err = symbench(capsys, "plan", tmp_path / "suite.yaml", "--json")
    assert code == 2
    assert [row["method"] for row in json.loads(out)] == ["mlp", "lgatr"]
    assert "mlp on w-tagging and another entry cannot run" in err
    assert "pythia8mc and fastjet and lgatr are not installed" in err
    assert "pip install 'symbench[jets,lorentz]'" in err


@pytest.mark.usefixtures("hidden")
def test_a_run_starts_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "suite.yaml").write_text(SUITE)
    code, _, err = symbench(capsys, "run", tmp_path / "suite.yaml", "--only", "*/mlp", "--home", tmp_path / "home")
    assert code == 2
    assert "mlp on w-tagging cannot run: pythia8mc and fastjet are not installed" in err
    assert not (tmp_path / "home" / "mlflow.db").exists()
    assert not (tmp_path / "home" / "data").exists()


@pytest.mark.usefixtures("hidden")
def test_entries_that_are_not_selected_need_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = symbench(capsys, "plan", "cms", "--only", "cms-dimuon-mass/nullspace", "--json")
    assert code == 0
    assert sum(row["states"].get("missing", 0) for row in json.loads(out)) == 20


def test_without_the_generators_trials_have_the_keys_of_the_pinned_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {spec.key for spec in load_suite(path_of("toptag")).trials()}

    def absent(name: str) -> str:
        raise __import__("importlib.metadata").metadata.PackageNotFoundError(name)

    versions.cache_clear()
    monkeypatch.setattr("importlib.metadata.version", absent)
    try:
        assert {spec.key for spec in load_suite(path_of("toptag")).trials()} == here
    finally:
        versions.cache_clear()


def test_a_journal_is_read_with_its_own_versions_of_the_generators_if_there_are_none_here(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    suite = parse_suite(SUITE, folder=tmp_path)
    spec = next(suite.trials()).model_copy(update={"data_digest": "f" * 64})
    recorded = RecordedDigests.in_results([TrialResult(key=spec.key, spec=spec, status=Status.OK)])
    assert parse_suite(SUITE, folder=tmp_path, recorded=recorded).blocks[0].data_digest == suite.blocks[0].data_digest
    request.getfixturevalue("hidden")
    assert parse_suite(SUITE, folder=tmp_path, recorded=recorded).blocks[0].data_digest == "f" * 64


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize("name", ["lgatr", "lloca"])
def test_a_network_that_cannot_be_built_is_refused_with_the_command(name: str) -> None:
    with pytest.raises(MissingExtraError, match=rf"{name} cannot run: .*symbench\[lorentz\]"):
        find_classifier(name)().build()


@pytest.mark.usefixtures("hidden")
def test_data_that_cannot_be_generated_are_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match=r"top-tagging cannot run: .*symbench\[jets\]"):
        TopTagging(jets=8, test_jets=2, validation_jets=2).load(DataContext(tmp_path))


def test_a_database_without_its_driver_is_refused_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    (tmp_path / "suite.yaml").write_text(SUITE)
    assert len(parse_suite(SUITE, folder=tmp_path)) == 2
    code, _, err = symbench(
        capsys, "run", tmp_path / "suite.yaml", "--tracking-uri", "postgresql://user@127.0.0.1/symbench"
    )
    assert code == 2
    assert "psycopg2 is not installed; run `pip install 'symbench[postgres]'`" in err
