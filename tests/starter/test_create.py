"""The folder that `symbench init` makes runs as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from symbench import registry
from symbench.plugins import load_plugins, read_plugin
from symbench.starter.create import FILES, README, create
from tests.cli.test_cli import symbench


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    create(tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


def test_the_files_are_those_of_the_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = symbench(capsys, "init", tmp_path / "deep" / "mine")
    assert code == 0
    assert {file.name for file in (tmp_path / "deep" / "mine").iterdir()} == set(FILES)
    assert all(name in out for name in FILES)


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "suite.yaml").write_text("precious")
    code, _, err = symbench(capsys, "init", tmp_path / "mine")
    assert code == 2
    assert "not empty" in re.sub(r"\W+", " ", err)
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["suite.yaml"]
    assert (tmp_path / "mine" / "suite.yaml").read_text() == "precious"
    code, _, err = symbench(capsys, "init", tmp_path / "mine" / "suite.yaml")
    assert (code, "File exists" in err) == (2, True)


def test_every_command_of_its_readme_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = re.findall(r"^ {4}symbench (.*?)(?: {2,}#.*)?$", (folder / README).read_text(), re.M)
    assert [command.split()[0] for command in commands] == ["run", "plan", "methods"]
    for command in commands:
        code, _, err = symbench(capsys, *command.split())
        assert code == 0, err
    code, out, _ = symbench(capsys, *commands[0].split(), "--json")
    summary = json.loads(out)
    assert summary["trials"] == {"ok": 24}
    assert summary["executed"] == 0
    # With the smallest samples nullspace learns nothing about the label, and has no score.
    scores = {(r["method"], r["train_size"]): r["score"]["mean"] for r in summary["leaderboard"] if r["score"]}
    for size in yaml.safe_load((folder / "suite.yaml").read_text())["discovery"][0]["train_sizes"]:
        assert scores["my-quadratic-form", size] == pytest.approx(1, abs=1e-3), "it finds so(1,3)"


def test_its_method_conforms_and_abstains_if_the_label_is_no_form(folder: Path) -> None:
    from symbench.discovery.base import FunctionSample
    from symbench.testing import check_discovery_method

    load_plugins([read_plugin(folder / "my_method.py")])
    method = registry.find_discovery_method("my-quadratic-form")()
    check_discovery_method(method)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 1, 4))
    assert len(method.fit(FunctionSample(x, rng.uniform(1, 2, size=200), "number"), seed=0, budget=1).generators) == 0


def test_the_sample_is_of_recorded_dimuons(folder: Path) -> None:
    """Rows in which M is not the mass of the two muons, to the rounding of the table, would be a broken sample."""
    table = np.genfromtxt(folder / "dimuons.csv", delimiter=",", names=True)
    assert len(table) == 24
    total = [table[f"{component}1"] + table[f"{component}2"] for component in ("E", "px", "py", "pz")]
    mass = np.sqrt(total[0] ** 2 - total[1] ** 2 - total[2] ** 2 - total[3] ** 2)
    assert np.max(np.abs(mass - table["M"])) < 0.02
