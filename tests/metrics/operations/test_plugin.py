"""An operation of a third party: in a suite, in a trial's metrics, in titles, and in the key."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from symbench import registry
from symbench.classifiers.evaluate.run import run_classification
from symbench.metrics.catalog import catalog, described, metric
from symbench.metrics.operations.rotation import Rotation
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite
from symbench.tasks.classification.top_tagging import TopTagging
from tests.classifiers.jets import toy_split
from tests.conftest import ROOT

SHEAR = ROOT / "tests" / "plugins" / "shear.py"
SUITE = """
name: shears
classification:
  - task: toy-jets
    train_sizes: [50]
    methods: [pfn]
    operations: OPERATIONS
"""


@pytest.fixture
def shear() -> Iterator[Plugin]:
    """The plug-in, loaded for one test."""
    load_plugins([read_plugin(ROOT / "tests" / "plugins" / "jets.py")])
    plugin = read_plugin(SHEAR)
    load_plugins([plugin])
    yield plugin
    registry.OPERATIONS.pop("shear", None)
    sys.modules.pop(plugin.module, None)


def keys(make_suite: Callable[[str], CheckedSuite], operations: str | None) -> tuple[list[str], list[str]]:
    text = SUITE.replace("    operations: OPERATIONS\n", "") if operations is None else SUITE
    trials = list(make_suite(text.replace("OPERATIONS", operations or "")).trials())
    return [trial.key for trial in trials], [trial.question for trial in trials]


def test_a_suite_lists_it_with_settings_and_version(shear: Plugin, make_suite: Callable[[str], CheckedSuite]) -> None:
    (block,) = make_suite(SUITE.replace("OPERATIONS", "[rotation, {name: shear, slope: 1}]")).blocks
    assert block.evaluation["operations"] == [
        {"name": "rotation"},
        {"name": "shear", "version": f"1+{shear.digest[:12]}", "slopes": [1.0]},
    ]


def test_an_edit_of_the_plugin_changes_the_key_of_trials_that_use_it_and_of_no_other(
    shear: Plugin, make_suite: Callable[[str], CheckedSuite]
) -> None:
    uses, uses_not, by_default = (keys(make_suite, stated) for stated in ("[shear]", "[rotation]", None))
    load_plugins([dataclasses.replace(shear, source=shear.source + "\n# another text\n")])
    again, again_not, again_by_default = (keys(make_suite, stated) for stated in ("[shear]", "[rotation]", None))
    assert again[0] != uses[0]
    assert again[1] == uses[1], "the question is the same, in another version"
    assert again_not == uses_not
    assert again_by_default == by_default
    del registry.OPERATIONS["shear"]
    assert keys(make_suite, None) == by_default, "what is measured by default does not depend on plug-ins"


def test_it_is_measured_and_every_metric_has_a_title(shear: Plugin) -> None:
    version = registry.find_operation("shear").version
    stated = {"name": "shear", "version": version, "slopes": [0.5, 1.0]}
    arguments: dict[str, Any] = {"seed": 0, "budget": 1.0, "device": "cpu"}
    classifier = registry.find_classifier("pfn")(epochs=1, min_steps=0)
    split = toy_split(train=32, validation=32, test=32)
    outcome = run_classification(classifier, TopTagging(), split, evaluation={"operations": [stated]}, **arguments)
    assert {"invariance_shear_1_float64", "flip_rate_shear", "auc_shear_0.5", "lie_shear", "lie_shear_xy"} <= set(
        outcome.metrics
    )
    assert outcome.metrics["lie_shear"] == outcome.metrics["lie_shear_xy"] > 0
    assert [name for name in outcome.metrics if described(name) is None] == []
    assert metric("invariance_shear_1_float64").title == "transverse shear, float64, 1"
    assert "auc_shear" in catalog()
    without = run_classification(classifier, TopTagging(), split, evaluation={"operations": []}, **arguments)
    assert not [name for name in without.metrics if "shear" in name], "it is measured only if a suite lists it"
    stale = {"operations": [{**stated, "version": "0"}]}
    with pytest.raises(RuntimeError, match="install the same symbench and plug-ins"):
        run_classification(classifier, TopTagging(), split, evaluation=stale, **arguments)


def test_a_name_belongs_to_one_module() -> None:
    with pytest.raises(ValueError, match="'rotation' is registered already"):
        registry.operation("rotation")(type("Other", (Rotation,), {"__module__": "elsewhere"}))
    assert type(registry.find_operation("rotation")) is Rotation


def test_an_installed_package_registers_by_entry_point(shear: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    cls = type(registry.find_operation("shear"))
    point = EntryPoint("other-shear", f"{cls.__module__}:{cls.__qualname__}", "symbench.operations")
    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda group: [point] if group == "symbench.operations" else []
    )
    monkeypatch.setattr(cls, "name", "shear")
    registry.load_builtin.cache_clear()
    try:
        assert type(registry.find_operation("other-shear")) is cls
    finally:
        registry.OPERATIONS.pop("other-shear", None)
