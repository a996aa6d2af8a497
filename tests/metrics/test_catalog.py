"""The catalogue of metrics: what trials report has a title, a definition, and a direction where there is one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from symbench import registry
from symbench.algebra.bases import so
from symbench.classifiers.augmented import Augmented
from symbench.classifiers.base import Classifier
from symbench.classifiers.evaluate.run import run_classification
from symbench.classifiers.liegnn import LieGNN
from symbench.classifiers.lorentznet import LorentzNet
from symbench.data.splits import Split
from symbench.metrics.catalog import catalog, described
from symbench.tasks.classification.top_tagging import TopTagging
from tests.classifiers.jets import toy_split

registry.load_builtin()
BUILTIN = {n: c for n, c in registry.CLASSIFIERS.items() if c.__module__.startswith("symbench.")}
FOUND = tuple(tuple(map(tuple, matrix)) for matrix in so(1, 3).tolist())


class Three(TopTagging):
    class_names = ("a", "b", "c")


@pytest.mark.parametrize("task", [TopTagging(), Three()], ids=["two classes", "three classes"])
def test_all_that_a_trial_measures_is_described(task: TopTagging) -> None:
    """Of a network with beams, which is asked for most, under every operation."""
    classes = len(task.label_names())
    parts = toy_split(train=32, validation=32, test=32)
    parts = Split(
        *(
            dataclasses.replace(p, label=np.arange(len(p)) % classes)
            for p in (parts.train, parts.validation, parts.test)
        )
    )
    operations: list[dict[str, object]] = []
    for operation in filter(registry.is_builtin, registry.operations()):
        stated: dict[str, object] = {"generators": FOUND} if operation.needs_generators else {}
        if operation.grid is not None:
            stated[operation.grid.name] = operation.grid.default[:1]
        operations.append({"name": operation.name, **operation.settings(stated)})
    outcome = run_classification(
        LorentzNet(epochs=1, min_steps=0, width=4, blocks=1),
        task,
        parts,
        seed=0,
        budget=1.0,
        device="cpu",
        evaluation={"operations": operations},
    )
    assert {f"auc_{operation['name']}" for operation in operations} <= outcome.metrics.keys()
    assert [name for name in outcome.metrics if described(name) is None] == []
    assert "lie_generator_6_float32" in outcome.metrics
    assert {f"{name}_seconds" for name in (*outcome.timings, "total", "cpu", "data")} <= catalog().keys()


@pytest.mark.parametrize(
    "classifier",
    [*(cls() for cls in BUILTIN.values()), LieGNN(symmetry=FOUND), Augmented(classifier="liegnn", group=FOUND)],
    ids=lambda classifier: classifier.name,
)
def test_what_a_classifier_tells_of_itself_is_described(classifier: Classifier) -> None:
    told = classifier.diagnostics().metrics
    assert [name for name in told if described(name) is None] == []
    if classifier.name == "augmented":
        assert told["augmented_by"] == 6


def test_a_name_that_nobody_described_is_told_from_one_that_somebody_did() -> None:
    assert described("something_new") is None
    assert described("lie_generator_0") is None
    two = described("lie_generator_2_float32")
    assert two is not None
    assert (two.title, two.better) == ("Lie derivative, discovered generator 2, float32", "lower")
