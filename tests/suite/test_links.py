"""An entry that uses another's result: what the suite says, what enters the keys, and how mistakes are named."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from symbench import registry
from symbench.driver.plan import Plan, State
from symbench.errors import SuiteError
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite, parse_suite
from symbench.trial.expand import planned_trials
from symbench.trial.spec import TrialSpec
from tests.conftest import ROOT

MakeSuite = Callable[[str], CheckedSuite]

SUITE = """
name: linked
seeds: 3
discovery:
  - task: four-noise
    train_sizes: [10, 20]
    methods: [claim, {name: claim, label: longer, params: {length: 2}}]
  - task: tiny
    train_sizes: [10]
    methods: [behave]
classification:
  - task: few-jets
    train_sizes: [20, 30]
    seeds: [0, 1, 2, 5]
    operations: [rotation]
    methods:
      - pfn
      - {name: form, label: form, params: {symmetry: {from: claim, train_size: 20}}}
      - {name: form, label: other, params: {symmetry: {from: longer, task: four-noise, train_size: 10}}}
"""


@pytest.fixture(autouse=True, scope="module")
def _plugins(behaviours: Plugin) -> None:
    load_plugins([read_plugin(ROOT / "tests" / "plugins" / "sources.py")])


def _by(suite: CheckedSuite, method: str, size: int, seed: int) -> TrialSpec:
    (found,) = (t for t in suite.trials() if (t.method_label, t.train_size, t.seed) == (method, size, seed))
    return found


def test_a_trial_names_its_source_of_the_same_seed(make_suite: MakeSuite) -> None:
    suite = make_suite(SUITE)
    for seed, used in ((0, 0), (1, 1), (2, 2), (5, 2)):
        for size in (20, 30):
            source = _by(suite, "form", size, seed).source
            assert source is not None
            assert source.key == _by(suite, "claim", 20, used).key
            assert (source.method_label, source.train_size, source.seed) == ("claim", 20, used)
    assert _by(suite, "pfn", 20, 0).source is None


def test_cells_are_the_trials_of_the_suite(make_suite: MakeSuite) -> None:
    suite = make_suite(SUITE)
    specs, found = list(suite.trials()), list(planned_trials(suite))
    assert [planned.spec for planned in found] == specs
    assert [planned.key for planned in found] == [spec.key for spec in specs]
    assert [planned.question for planned in found] == [spec.question for spec in specs]
    assert [type(s).model_validate_json(s.model_dump_json()) for s in specs] == specs
    assert any(spec.source for spec in specs)
    before: set[str] = set()
    for spec in specs:
        assert spec.source is None or spec.source.key in before, "a source comes before its dependents"
        before.add(spec.key)


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("params: {length: 2}", "params: {length: 3}"),
        ("from: longer, task: four-noise, train_size: 10", "from: longer, train_size: 20"),
        ("from: longer", "from: claim"),
    ],
)
def test_what_decides_the_source_decides_its_dependents(make_suite: MakeSuite, change: str, to: str) -> None:
    assert change in SUITE
    before, after = make_suite(SUITE), make_suite(SUITE.replace(change, to))
    for size, seed in ((20, 0), (30, 5)):
        old, new = (_by(suite, "other", size, seed) for suite in (before, after))
        assert old.key != new.key
        assert old.question != new.question
        assert _by(before, "form", size, seed).key == _by(after, "form", size, seed).key


def test_labels_and_further_seeds_do_not(make_suite: MakeSuite) -> None:
    renamed = SUITE.replace("longer", "renamed").replace(
        "task: four-noise", "task: {name: four-noise, label: noise}", 1
    )
    renamed = renamed.replace("task: four-noise, train", "task: noise, train")
    more = SUITE.replace("seeds: 3", "seeds: 4")
    for text in (renamed, more):
        assert _by(make_suite(text), "other", 20, 1).key == _by(make_suite(SUITE), "other", 20, 1).key
    assert _by(make_suite(more), "other", 20, 5).source.seed == 1  # type: ignore[union-attr]


def test_a_source_of_another_version_makes_its_dependents_stale(
    make_suite: MakeSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _by(make_suite(SUITE), "form", 20, 0)
    monkeypatch.setattr(registry.DISCOVERY["claim"], "version", "2+test")
    new = _by(make_suite(SUITE), "form", 20, 0)
    assert old.key != new.key
    assert old.question == new.question


@pytest.mark.parametrize(
    ("change", "to", "path", "says"),
    [
        ("from: claim,", "from: clame,", "classification[0].methods[1].params.symmetry.from", "did you mean 'claim'"),
        ("task: four-noise,", "tsk: noise,", "classification[0].methods[2].params.symmetry.tsk", "did you mean 'task'"),
        ("from: claim, train_size: 20", "from: claim", "classification[0].methods[1].params.symmetry", "several sizes"),
        ("train_size: 20", "train_size: 25", "classification[0].methods[1].params.symmetry.train_size", "10, 20"),
        (
            "train_size: 20",
            "train_size: -1",
            "classification[0].methods[1].params.symmetry.train_size",
            "greater than 0",
        ),
        ("task: four-noise,", "task: for-noise,", "classification[0].methods[2].params.symmetry.task", "four-noise"),
        (
            "from: claim, train_size: 20",
            "from: other",
            "classification[0].methods[1].params.symmetry",
            "is a network",
        ),
        (
            "from: claim, train_size: 20",
            "from: form",
            "classification[0].methods[1].params.symmetry",
            "is a network",
        ),
        (
            "task: tiny\n    train_sizes: [10]\n    methods: [behave]",
            "task: {name: four-noise, label: again, params: {dimensions: 5}}\n"
            "    train_sizes: [20]\n    methods: [claim]",
            "classification[0].methods[1].params.symmetry.from",
            "several tasks: choose one by `task`",
        ),
    ],
)
def test_mistakes_are_named(make_suite: MakeSuite, change: str, to: str, path: str, says: str) -> None:
    assert change in SUITE
    with pytest.raises(SuiteError) as raised:
        make_suite(SUITE.replace(change, to))
    told = [str(p) for p in raised.value.problems]
    assert any(text.startswith(path) and says in text for text in told), told
    assert all(problem.line for problem in raised.value.problems)


def test_a_source_has_a_result_of_matrices_that_act_on_four_momenta(make_suite: MakeSuite) -> None:
    for use, says in (
        ("from: k}", "are not matrices that act on four-momenta"),
        ("from: odd}", "has no result: dynamics-only is a method for the dynamics track"),
    ):
        text = SUITE.replace("from: claim, train_size: 20}", use).replace(
            "methods: [behave]",
            "methods: [{name: dynamics-only, label: odd}]\n"
            "  - {task: kepler-2d, train_sizes: [10], methods: [{name: truth, label: k}]}",
        )
        with pytest.raises(SuiteError, match=says):
            make_suite(text)


def test_the_same_classifier_on_two_sources_is_two_entries(make_suite: MakeSuite) -> None:
    text = SUITE.replace("label: other, ", "").replace("label: form, ", "")
    labels = {t.method_label for t in make_suite(text).trials() if t.method.name == "form"}
    assert labels == {"form(symmetry=claim at 20)", "form(symmetry=longer on four-noise at 10)"}
    same = text.replace(
        "from: longer, task: four-noise, train_size: 10", "from: claim, task: four-noise, train_size: 20"
    )
    with pytest.raises(SuiteError, match=r"the same entry as methods\[1\]"):
        make_suite(same)


def test_only_takes_the_sources_along(make_suite: MakeSuite) -> None:
    suite = make_suite(SUITE)
    plan = Plan(suite, {}, only="few-jets/form", fresh=True)
    taken = [(c.template.common.method_label, c.train_size, c.seed) for c, _ in plan.planned_trials()]
    assert taken[:3] == [("claim", 20, 0), ("claim", 20, 1), ("claim", 20, 2)]
    assert {method for method, *_ in taken[3:]} == {"form"}
    assert {state for _, state in plan.planned_trials()} == {State.MISSING}
    rows = {(row.method, row.train_size): row for row in Plan(suite, {}).summary()}
    assert rows["form", 20].source == "claim on four-noise at 20, seed by seed; it has fewer seeds: 5 by 2"
    assert rows["pfn", 20].source is None
    assert Plan(suite, {}, only="tiny").view().keys == {t.key for t in suite.trials() if t.task_label == "tiny"}


def test_a_plan_of_dependents_is_not_held(make_suite: MakeSuite) -> None:
    peaks = []
    for entries in (2, 20):
        uses = ", ".join(
            f"{{name: form, label: f{i}, params: {{symmetry: {{from: claim, train_size: 10}}, trace: t{i}}}}}"
            for i in range(entries)
        )
        text = SUITE[: SUITE.index("    methods:\n      - pfn")].replace("    seeds: [0, 1, 2, 5]\n", "")
        suite = make_suite(text.replace("seeds: 3", "seeds: 200") + f"    methods: [{uses}]\n")
        assert len(suite) == 200 * (2 * 2 + 1 + 2 * entries)
        tracemalloc.start()
        assert sum(1 for _ in Plan(suite, {}, only="few-jets").planned_trials()) == 200 * (1 + 2 * entries)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / (200 * 2 * 18) < 50, "bytes a trial: what 18 more entries need"


def test_the_suite_of_the_documentation_is_valid(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "discovered-symmetries.md").read_text(), re.M | re.S)
    suite = parse_suite(text, folder=tmp_path)
    assert {entry.label for _, entry, _ in suite.links()} == {"liegnn-found", "pfn-moved"}
