"""What the tutorials show is run as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from symbench import registry
from symbench.driver.flow import run_suite
from symbench.executors import LocalExecutor
from symbench.home import Home
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import load_suite, parse_suite
from symbench.testing import check_classifier, check_discovery_method
from symbench.trial.result import Status
from tests.conftest import ROOT
from tests.driver.test_flow import Silent
from tests.markdown_tables import code_blocks

TUTORIALS = ROOT / "docs" / "tutorials"


def blocks(page: str, language: str) -> list[str]:
    return code_blocks(TUTORIALS / f"{page}.md", language)


def plugin(page: str, folder: Path) -> Plugin:
    file = folder / "tutorial.py"
    file.write_text(blocks(page, "python")[0])
    found = read_plugin(file)
    load_plugins([found])
    return found


def test_the_table_runs(tmp_path: Path) -> None:
    (tmp_path / "dimuons.csv").write_text(blocks("own-data", "csv")[0])
    (text,) = blocks("own-data", "yaml")
    (tmp_path / "mine.yaml").write_text(text)
    suite = load_suite(tmp_path / "mine.yaml")
    summary = run_suite(suite, LocalExecutor, Silent(), home=Home(tmp_path / "home"), only="*/random")
    assert [r.status for r in summary.results] == [Status.OK] * 2, [r.error for r in summary.results]


def test_the_method_finds_lorentz_conforms_and_is_caught_by_the_control(tmp_path: Path) -> None:
    found = plugin("own-method", tmp_path)
    check_discovery_method(registry.find_discovery_method("linear-regression")())
    text = yaml.safe_load(blocks("own-method", "yaml")[0])
    for block in text["discovery"]:
        block.update(train_sizes=[100], methods=["linear-regression"])
    suite = parse_suite(yaml.safe_dump({**text, "seeds": 2}), folder=tmp_path)
    summary = run_suite(suite, LocalExecutor, Silent(), home=Home(tmp_path / "home"), plugins=[found])
    assert {r.status for r in summary.results} == {Status.OK}, [r.error for r in summary.results]
    scores = {row.task: row.score.mean for row in summary.rows if row.score}
    assert scores["lorentz"] == pytest.approx(1, abs=1e-6)
    assert scores["no-symmetry"] == 0


def test_the_classifier_conforms_and_its_suite_is_valid(tmp_path: Path) -> None:
    plugin("own-classifier", tmp_path)
    assert blocks("own-classifier", "python")[1].endswith(
        'check_classifier(PairSum(), invariant_under=["boost", "rotation"])\n'
    )
    check_classifier(registry.find_classifier("pair-sum")(), invariant_under=["boost", "rotation"])
    (text,) = blocks("own-classifier", "yaml")
    assert len(parse_suite(text, folder=tmp_path)) > 0
