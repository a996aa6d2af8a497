"""More than two classes: every classifier has as many logits, and learns what two-class metrics cannot express."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from symbench import registry
from symbench.classifiers.augmented import Augmented
from symbench.classifiers.base import Classifier, build_network
from symbench.classifiers.nets.outputs import with_outputs
from symbench.classifiers.pfn import ParticleFlow
from symbench.errors import IncompatibleError
from symbench.tasks.classification.jet_table import JetTable
from symbench.tasks.classification.top_tagging import TopTagging
from tests.classifiers.jets import tensors, toy_jets

registry.load_builtin()

THREE = JetTable(path="none.npz", components=["v"], label="y", classes={"low": 0, "middle": 1, "high": 2})
BUILT_IN = [cls for cls in registry.CLASSIFIERS.values() if cls.__module__.startswith("symbench.")]


class TwoClasses(Classifier):
    """A classifier of somebody else, written for two classes."""

    name: ClassVar[str] = "two-classes"
    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "for two classes"

    def build(self) -> nn.Module:  # type: ignore[override]
        return ParticleFlow().build()


@pytest.mark.parametrize("cls", BUILT_IN, ids=lambda cls: cls.name)
def test_every_classifier_has_one_logit_per_class(cls: type[Classifier]) -> None:
    classifier = cls()
    assert classifier.incompatibility(THREE) is None
    p, mask = tensors(toy_jets(6))
    for classes in (2, 3, 5):
        with torch.random.fork_rng():
            module = build_network(classifier, classes).eval()
        assert module(p, mask, None).shape == (6, classes)


@pytest.mark.parametrize("cls", BUILT_IN, ids=lambda cls: cls.name)
def test_two_classes_are_the_default(cls: type[Classifier]) -> None:
    states = []
    for arguments in ((), (2,)):
        with torch.random.fork_rng():
            torch.manual_seed(3)
            states.append(cls().build(*arguments).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_last_layer_is_drawn_after_all_others() -> None:
    networks = []
    for classes in (2, 4):
        torch.manual_seed(3)
        networks.append(ParticleFlow().build(classes).state_dict())
    two, four = networks
    same = [name for name in two if two[name].shape == four[name].shape and torch.equal(two[name], four[name])]
    assert sorted(set(two) - set(same)) == ["head.bias", "head.weight"]
    assert four["head.weight"].shape[0] == 4


def test_only_the_named_layer_is_replaced() -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.Sequential(nn.Linear(2, 2, bias=False)))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    wide = with_outputs(network, "1.0", 4)
    after = wide.state_dict()
    assert set(after) == {"0.weight", "0.bias", "1.0.weight"}
    assert torch.equal(after["0.weight"], before["0.weight"])
    assert after["1.0.weight"].shape == (4, 2)


@pytest.mark.parametrize("classifier", [TwoClasses(), Augmented.model_construct(classifier="two-classes", params={})])
def test_a_classifier_for_two_classes_says_so_when_there_are_more(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.CLASSIFIERS, "two-classes", TwoClasses)
    p, mask = tensors(toy_jets(6))
    assert build_network(classifier, 2)(p, mask, None).shape == (6, 2)
    assert classifier.incompatibility(TopTagging()) is None
    expected = "two-classes has networks for two classes only and the task has 3: give TwoClasses.build an argument"
    with pytest.raises(IncompatibleError, match=expected):
        build_network(classifier, 3)
    assert (classifier.incompatibility(THREE) or "").startswith(expected)


def test_three_kinds_of_jets_are_told_apart() -> None:
    """One run of the shared loop and of the evaluation, with three classes."""
    from dataclasses import replace

    from symbench.classifiers.evaluate.run import run_classification
    from symbench.data.splits import Split

    def scaled(count: int, seed: int):  # type: ignore[no-untyped-def]
        data = toy_jets(count, seed=seed)
        label = np.arange(count) % 3
        return replace(data, vectors=data.vectors * np.array([1.0, 2.0, 4.0])[label][:, None, None], label=label)

    split = Split(scaled(150, 1), scaled(30, 2), scaled(60, 3))
    classifier = ParticleFlow(epochs=30, min_steps=0, width=24)
    outcome = run_classification(
        classifier,
        THREE,
        split,
        seed=1,
        budget=1.0,
        device="cpu",
        evaluation={"operations": [{"name": "rotation"}]},
    )
    metrics = outcome.metrics
    assert metrics["accuracy"] > 0.7
    assert metrics["auc"] > 0.9
    assert metrics["log_loss"] < np.log(3)
    assert outcome.arrays["test_logits"].shape == (60, 3)
    assert "rejection_30" not in metrics
    assert metrics["invariance_rotation_float64"] > 0
