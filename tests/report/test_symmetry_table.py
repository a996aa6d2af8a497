"""From what a method finds, through classifiers that are built on it, to the report; also where it finds nothing."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.driver.flow import RunSummary, run_suite
from symbench.executors import LocalExecutor
from symbench.home import Home
from symbench.report import write_report
from symbench.report.study import Study, SuiteFacts
from symbench.report.symmetry_table import symmetry_table
from symbench.report.write import ReportPaths
from symbench.suite.resolve import parse_suite
from symbench.trial.result import UNUSABLE_SOURCE, Status
from tests.data.jets import files as jet_files
from tests.driver.test_flow import Silent
from tests.driver.test_scale import _NoTracker

SUITE = """
name: given
seeds: 2
discovery:
  - {task: {name: lorentz, params: {events: 40, test_events: 20}}, train_sizes: [20], methods: [truth, random]}
  - {task: {name: no-symmetry, params: {events: 40, test_events: 20}}, train_sizes: [20], methods: [truth]}
classification:
  - task: &pairs
      name: cms-resonance
      label: pairs
      params:
        {source: nanoaod, path: muons.root, resonances: [phi, z], per_class: 60, test_events: 40, validation_events: 20}
    train_sizes: [40]
    methods:
      - {name: lorentznet, params: &tiny {width: 8, blocks: 1, epochs: 2, min_steps: 0}}
      - {name: liegnn, label: of-truth, params: {<<: *tiny, symmetry: {from: truth, task: lorentz}}}
      - {name: augmented, label: moved, params: {epochs: 1, min_steps: 0, group: {from: truth, task: lorentz}}}
    operations: [{name: generators, from: truth, task: lorentz, ranges: [0.3]}]
  - task: {<<: *pairs, label: again}
    train_sizes: [40]
    methods:
      - {name: liegnn, label: of-random, params: {<<: *tiny, symmetry: {from: random}}}
      - {name: liegnn, label: of-nothing, params: {<<: *tiny, symmetry: {from: truth, task: no-symmetry}}}
    operations: [permutation]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunSummary:
    folder = tmp_path_factory.mktemp("given")
    rng = np.random.default_rng(0)
    masses = np.concatenate([rng.uniform(0.985, 1.015, 60), rng.uniform(88, 94, 60)])
    jet_files.muons(folder / "muons.root", masses.tolist())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("symbench.driver.flow.Tracker", _NoTracker)
        return run_suite(parse_suite(SUITE, folder=folder), LocalExecutor, Silent(), home=Home(folder / "home"))


@pytest.fixture(scope="module")
def study(run: RunSummary) -> Study:
    return Study(SuiteFacts.of(run.suite), [held.whole() for held in run.results])


@pytest.fixture(scope="module")
def report(study: Study, run: RunSummary, tmp_path_factory: pytest.TempPathFactory) -> ReportPaths:
    return write_report(run.suite, study.results, tmp_path_factory.mktemp("report"))


def test_only_what_is_built_on_nothing_is_skipped(run: RunSummary) -> None:
    assert {held.spec.method_label for held in run.results} > {"of-nothing"}
    for held in run.results:
        nothing = held.spec.method_label == "of-nothing"
        assert held.status is (Status.SKIPPED if nothing else Status.OK), held.error
        if nothing:
            assert held.error is not None
            assert held.error.type == UNUSABLE_SOURCE
            assert "truth on no-symmetry, N = 20, seed" in held.error.message


def test_the_lorentz_algebra_makes_the_network_that_has_it_built_in(study: Study) -> None:
    """Minkowski's metric of norm 2 and positive energies, whatever length and sign the generators had."""
    for seed in (0, 1):
        by_label = {t.spec.method_label: t for t in study.results if t.spec.seed == seed and t.status is Status.OK}
        metric = by_label["of-truth"].array("metric")
        assert metric is not None
        np.testing.assert_allclose(metric, np.diag([1, -1, -1, -1]), atol=1e-6)
        assert by_label["of-truth"].metrics["invariance_generators_float64"] < 1e-6
        assert by_label["lorentznet"].metrics["invariance_generators_float64"] < 1e-6
        assert by_label["moved"].metrics["invariance_generators_float64"] > 1e-3


def test_the_table_says_whose_symmetry_it_is_and_how_good(study: Study) -> None:
    table = symmetry_table(study, "pairs")
    assert table is not None
    by_method = {line.cells[0]: dict(zip(table.heads, line.cells, strict=True)) for line in table.lines}
    assert by_method.keys() == {"of-truth", "moved"}, "what has its symmetry built in was given none"
    assert by_method["of-truth"]["symmetry from"] == "truth on lorentz, N = 20"
    assert by_method["of-truth"]["|cos| to η"].startswith("1.0000")
    assert by_method["of-truth"]["signature"] == "(1, 3) in 2 of 2"
    assert by_method["moved"]["generators"].startswith("6.0")
    assert by_method["moved"]["signature"] == "–"
    other = symmetry_table(study, "again")
    assert other is not None
    (line,) = other.lines
    assert line.cells[:2] == ("of-random", "random on lorentz, N = 20")


def test_the_report_tells_why_a_trial_was_skipped(report: ReportPaths) -> None:
    for text in (report.html.read_text(), report.markdown.read_text()):
        assert "Symmetries used by classifiers, N = 40" in text
        assert "its source truth on no-symmetry, N = 20, seed 0 claims no symmetry" in text
        assert "2 skipped" in text
