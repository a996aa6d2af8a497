"""From recorded pairs without a label to networks of jets: the algebra that `casimir` reads off is used by others."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.algebra.metric import minkowski_cosine
from symbench.driver.flow import run_suite
from symbench.executors import LocalExecutor
from symbench.home import Home
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.trial.result import Status
from tests.conftest import ROOT
from tests.driver.test_flow import Silent
from tests.driver.test_scale import _NoTracker
from tests.driver.test_source_results import MakeSuite

SUITE = """
name: without-a-label
seeds: 1
discovery:
  - {task: cms-z-pairs, train_sizes: [400], methods: [{name: casimir, params: {starts: 8}}]}
classification:
  - task: few-jets
    train_sizes: [40]
    operations: [{name: generators, from: casimir, ranges: [0.3]}]
    methods:
      - {name: liegnn, params: {width: 4, blocks: 1, symmetry: {from: casimir}, epochs: 1}}
      - name: augmented
        params: {classifier: pfn, params: {size: tiny, epochs: 1}, group: {from: casimir}, strength: 0.3}
"""


@pytest.fixture(scope="module")
def plugins(behaviours: Plugin) -> list[Plugin]:
    found = read_plugin(ROOT / "tests" / "plugins" / "sources.py")
    load_plugins([found])
    return [behaviours, found]


def test_a_metric_found_without_a_label_makes_an_invariant_network(
    plugins: list[Plugin], make_suite: MakeSuite, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`liegnn` hardly changes under exp(tL) of the found generators; a network that was only shown them does."""
    monkeypatch.setattr("symbench.driver.flow.Tracker", _NoTracker)
    suite = make_suite(SUITE)
    summary = run_suite(suite, LocalExecutor, Silent(), home=Home(tmp_path / "home"), plugins=plugins)  # type: ignore[operator]
    results = {result.spec.method_label.split(" ")[0]: result for result in summary.results}
    assert {result.status for result in results.values()} == {Status.OK}, [r.error for r in summary.results]
    metric = results["liegnn"].array("metric")
    assert metric is not None
    assert minkowski_cosine(np.asarray(metric)) > 0.999
    assert results["liegnn"].notes["source"] == "casimir on cms-z-pairs, N = 400, seed 0"
    changed = {
        name: next(value for key, value in result.metrics.items() if key.startswith("invariance_generators"))
        for name, result in results.items()
        if name != "casimir"
    }
    assert changed["liegnn"] < 1e-3 < changed["augmented"]
