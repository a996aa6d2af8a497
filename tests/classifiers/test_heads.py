"""More than two classes: every classifier gets as many outputs, and learns what two-class metrics could not say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from symbench import registry
from symbench.classifiers.heads import for_classes, widen
from symbench.classifiers.pfn import ParticleFlow
from symbench.errors import IncompatibleError
from tests.classifiers.jets import tensors, toy_jets

registry.load_builtin()


@pytest.mark.parametrize("name", [n for n, c in registry.CLASSIFIERS.items() if c.__module__.startswith("symbench.")])
def test_every_classifier_can_tell_several_classes(name: str) -> None:
    cls = registry.CLASSIFIERS[name]
    if any(field.is_required() for field in cls.model_fields.values()):
        pytest.skip(f"{name} needs parameters that a suite gives")
    classifier = cls()
    wide = for_classes(classifier, 5)
    assert wide.parameters() == classifier.parameters()
    assert (wide.name, wide.version) == (classifier.name, classifier.version)
    p, mask = tensors(toy_jets(6))
    with torch.random.fork_rng():
        module = wide.build().eval()
    assert module(p, mask, None).shape == (6, 5)


def test_two_classes_change_nothing() -> None:
    classifier = ParticleFlow()
    assert for_classes(classifier, 2) is classifier


def test_the_new_layer_is_drawn_after_all_others() -> None:
    networks = []
    for classes in (2, 4):
        torch.manual_seed(3)
        networks.append(for_classes(ParticleFlow(), classes).build().state_dict())
    two, four = networks
    same = [name for name in two if two[name].shape == four[name].shape and torch.equal(two[name], four[name])]
    assert sorted(set(two) - set(same)) == ["head.bias", "head.weight"]
    assert four["head.weight"].shape[0] == 4


def test_a_network_without_such_a_layer_is_incompatible() -> None:
    with pytest.raises(IncompatibleError, match="mine has no linear layer with two outputs"):
        widen(nn.Sequential(nn.Linear(3, 1)), 4, "mine")


def test_three_kinds_of_jets_are_told_apart() -> None:
    """One run of the shared loop and of the evaluation, with three classes."""
    from dataclasses import replace

    from symbench.classifiers.evaluate.run import run_classification
    from symbench.data.splits import Split
    from symbench.tasks.classification.jet_table import JetTable

    def scaled(count: int, seed: int):  # type: ignore[no-untyped-def]
        data = toy_jets(count, seed=seed)
        label = np.arange(count) % 3
        return replace(data, vectors=data.vectors * np.array([1.0, 2.0, 4.0])[label][:, None, None], label=label)

    task = JetTable(path="none.npz", components=["v"], label="y", classes={"low": 0, "middle": 1, "high": 2})
    split = Split(scaled(150, 1), scaled(30, 2), scaled(60, 3))
    classifier = ParticleFlow(epochs=30, min_steps=0, width=24)
    outcome = run_classification(
        classifier,
        task,
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
