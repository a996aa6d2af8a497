"""A task of several classes from its file to its report, on muon pairs that are made here."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from symbench.driver.flow import RunSummary, run_suite
from symbench.executors import LocalExecutor
from symbench.home import Home
from symbench.leaderboard.sections import SECTIONS, rendered
from symbench.report import write_report
from symbench.report.write import ReportPaths
from symbench.suite.resolve import parse_suite
from symbench.trial.result import Status
from tests.data.jets import files as jet_files
from tests.driver.test_flow import Silent
from tests.driver.test_scale import _NoTracker

SUITE = """
name: pairs
seeds: 2
classification:
  - task:
      name: cms-resonance
      params:
        source: nanoaod
        path: muons.root
        resonances: [phi, jpsi, upsilon]
        per_class: 60
        test_events: 60
        validation_events: 30
    train_sizes: [30, 80]
    methods:
      - {name: mlp, params: {epochs: 60, min_steps: 0}}
      - {name: pfn, params: {epochs: 2, min_steps: 0}}
    baseline: pfn
    operations: [rotation]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunSummary:
    folder = tmp_path_factory.mktemp("pairs")
    rng = np.random.default_rng(0)
    windows = (rng.uniform(low, high, 60) for low, high in ((0.985, 1.015), (3.0, 3.2), (9.3, 9.6)))
    jet_files.muons(folder / "muons.root", np.concatenate(list(windows)).tolist())
    suite = parse_suite(SUITE, folder=folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("symbench.driver.flow.Tracker", _NoTracker)
        return run_suite(suite, LocalExecutor, Silent(), home=Home(folder / "home"))


@pytest.fixture(scope="module")
def report(run: RunSummary, tmp_path_factory: pytest.TempPathFactory) -> ReportPaths:
    results = [held.whole() for held in run.results]
    return write_report(run.suite, results, tmp_path_factory.mktemp("report"))


def test_every_trial_ends_well_and_the_mass_is_read_off(run: RunSummary) -> None:
    assert {held.status for held in run.results} == {Status.OK}, [held.error for held in run.results]
    best = next(row for row in run.rows if (row.method, row.train_size) == ("mlp", 80))
    assert best.metrics["balanced_accuracy"].mean > 0.6, "one of its observables is the mass"


def test_tables_have_the_columns_of_several_classes_and_no_rejection(run: RunSummary) -> None:
    for format in ("table", "markdown"):
        text = " ".join(rendered(SECTIONS["scores"], run.rows, format, width=240).split())
        assert "balanced accuracy" in text
        assert "rejection" not in text
    metrics = {line["metric"] for line in csv.DictReader(rendered(SECTIONS["metrics"], run.rows, "csv").splitlines())}
    assert {"balanced_accuracy", "log_loss", "auc"} <= metrics


def test_the_report_names_the_classes_and_what_is_recognised(report: ReportPaths) -> None:
    page, markdown = report.html.read_text(), report.markdown.read_text()
    for text in (page, markdown):
        assert "Fraction of each class that is recognised, N = 80" in text
        assert "Accuracy and calibration, N = 80" in text
        assert "log-loss [nats]" in text
        assert "of each class against the rest:" in text
        assert "balanced accuracy (mean over the classes" in text
        assert "1/ε_B" not in text
        assert "Background rejection at" not in text
    assert "| method | phi | jpsi | upsilon | most frequent confusion |" in markdown
    names = {path.stem for path in report.figures}
    assert {"curves-classification-1", "cost-1", "invariance-1"} <= names
    assert "rejection-1" not in names
