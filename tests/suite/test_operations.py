"""Operations of a suite: strengths, mistakes, and generators that another entry finds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from symbench.algebra.lorentz import boost_generators, rotation_generators
from symbench.data.splits import Pool
from symbench.errors import SuiteError
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite
from symbench.trial.context import TrialContext
from symbench.trial.execute import execute
from symbench.trial.result import Status
from tests.conftest import ROOT

MakeSuite = Callable[[str], CheckedSuite]

SUITE = """
name: moved
seeds: 1
discovery:
  - task: four-noise
    train_sizes: [10]
    methods: [claim, {name: claim, label: longer, params: {length: 2}}]
classification:
  - task: few-jets
    train_sizes: [20]
    operations: OPERATIONS
    methods:
      - {name: pfn, params: {epochs: 1, min_steps: 0}}
      - {name: form, params: {symmetry: {from: claim}}}
"""
FROM_CLAIM = "[{name: generators, from: claim, ranges: [0.3]}]"


@pytest.fixture(autouse=True, scope="module")
def _plugins(behaviours: Plugin) -> None:
    load_plugins([read_plugin(ROOT / "tests" / "plugins" / "sources.py")])


def test_without_a_word_every_operation_is_measured_that_needs_none(make_suite: MakeSuite) -> None:
    suite = make_suite(SUITE.replace("    operations: OPERATIONS\n", ""))
    operations = {o["name"]: o for o in suite.blocks[1].evaluation["operations"]}
    assert len(operations) == 8
    assert "generators" not in operations
    assert operations["boost"]["rapidities"] == [0.1, 0.5, 1.0, 2.0]


def test_strengths_are_a_number_or_a_list(make_suite: MakeSuite) -> None:
    asked = "[{name: boost, rapidities: [1, 0.2]}, {name: soft_emission, fraction: 0.001}, rotation]"
    (block,) = make_suite(SUITE.replace("OPERATIONS", asked)).blocks[1:]
    assert block.evaluation == {
        "operations": [
            {"name": "boost", "rapidities": [0.2, 1.0]},
            {"name": "rotation"},
            {"name": "soft_emission", "fractions": [0.001]},
        ]
    }


def test_every_trial_of_the_block_uses_the_source_of_its_operations(make_suite: MakeSuite) -> None:
    suite = make_suite(SUITE.replace("OPERATIONS", FROM_CLAIM))
    claim, _, *trials = suite.trials()
    assert [t.method_label for t in trials] == ["pfn", "form"]
    assert {t.source.key for t in trials if t.source} == {claim.key}
    assert all(t.source is not None for t in trials)
    other = make_suite(SUITE.replace("OPERATIONS", "[rotation]"))
    keys = {t.key for t in other.trials() if t.method_label in ("pfn", "form")}
    assert len(keys) == 2
    assert keys.isdisjoint(t.key for t in trials)


def test_a_trial_is_moved_by_the_generators_that_it_is_given(make_suite: MakeSuite) -> None:
    suite = make_suite(SUITE.replace("OPERATIONS", FROM_CLAIM))
    spec = next(t for t in suite.trials() if t.method_label == "pfn")
    task = suite.blocks[1].task
    pool = Pool(task.load(None), task.sizes())  # type: ignore[arg-type]
    beam = rotation_generators()[2:]
    contexts = [TrialContext(pool, source_generators=np.array(each)) for each in (beam, boost_generators())]
    results = [execute(spec, context) for context in contexts]
    assert [r.status for r in results] == [Status.OK] * 2, [r.error for r in results]
    along, across = (r.metrics for r in results)
    # a particle flow network sees azimuths relative to the jet
    assert along["invariance_generators_0.3_float64"] < 1e-9 < 1e-3 < across["invariance_generators_0.3_float64"]
    assert along["lie_generators"] < 1e-20 < across["lie_generators"]
    assert {"lie_generator_1", "lie_generator_3"} <= across.keys()
    assert execute(spec, TrialContext(pool)).status is Status.FAILED, "without generators there is nothing to measure"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("[{name: generators, from: clame}]", "did you mean 'claim'"),
        ("[{name: generators, from: longer}]", "form uses another result (claim on "),
        ("[{name: generators, from: claim, train_size: 11}]", "not tried at this size"),
        ("[{name: generators, from: claim, train_size: many}]", "valid integer"),
        ("[{name: generators}]", "missing"),
        ("[{name: generators, from: claim, generators: [[[1]]]}]", "has both generators and from"),
        ("[{name: boost, rapiditys: 1}]", "did you mean 'rapidit"),
        ("[boost, {name: boost, rapidity: 1}]", "the same operation twice"),
        ("[bost]", "did you mean 'boost'"),
        ("[]", "an empty list"),
    ],
)
def test_mistakes_are_told_with_their_place(make_suite: MakeSuite, asked: str, says: str) -> None:
    with pytest.raises(SuiteError) as raised:
        make_suite(SUITE.replace("OPERATIONS", asked))
    assert says in str(raised.value)
    assert "classification[0].operations" in str(raised.value)
