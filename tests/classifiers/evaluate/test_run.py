"""A whole classification trial on toy jets: every metric, finite, repeatable, and what each must say."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from symbench import registry
from symbench.classifiers.base import Classifier
from symbench.classifiers.evaluate.probe import FLOAT64_JETS, Probe
from symbench.classifiers.evaluate.run import WALL_CLOCK_METRICS, run_classification, separation
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import Training, train
from symbench.data.splits import Split
from symbench.tasks.classification.top_tagging import TopTagging
from symbench.trial.result import Outcome
from tests.classifiers.jets import toy_jets, toy_split

PFN = ParticleFlow(epochs=20, min_steps=0)
LORENTZNET = LorentzNet(epochs=4, min_steps=0, width=8, blocks=2)
DEFAULT = [registry.find_operation(name) for name in registry.default_operations()]
LORENTZ = [op.name for op in DEFAULT if op.kind == "lorentz"]
GRIDS = {op.name: {op.grid.name: list(op.grid.default[-1:])} for op in DEFAULT if op.grid is not None}
GRIDS["boost"] = {"rapidities": [0.1, 1.0]}
SETTINGS = {op.name: op.settings(GRIDS.get(op.name, {})) for op in DEFAULT}
EVALUATION = {"operations": [{"name": name, **settings} for name, settings in SETTINGS.items()]}
VARIANTS = {f"{op.name}{suffix}" for op in DEFAULT for suffix, _ in op.variants(SETTINGS[op.name])}
MOVED = VARIANTS | set(SETTINGS)
SEPARATION = {"auc", "accuracy", "ece", "rejection_30", "rejection_50"}
COST = {"parameters", "forward_mflop", "steps", "best_epoch", *WALL_CLOCK_METRICS}
GENERATORS = {f"{kind}_{axis}" for kind in ("rotation", "boost") for axis in "xyz"} | set(LORENTZ) | {"scale"}
LIE = {f"lie_{name}{suffix}" for name in GENERATORS for suffix in ("", "_float32")}


@pytest.fixture(scope="module")
def split() -> Split:
    return toy_split(train=200, test=120)


def run(classifier: Classifier, split: Split, seed: int = 0) -> Outcome:
    return run_classification(
        classifier, TopTagging(), split, seed=seed, budget=1.0, device="cpu", evaluation=EVALUATION
    )


@pytest.fixture(scope="module")
def pfn(split: Split) -> Outcome:
    return run(PFN, split)


@pytest.fixture(scope="module")
def lorentznet(split: Split) -> Outcome:
    return run(LORENTZNET, split)


def test_all_metrics_are_there_and_finite(pfn: Outcome, lorentznet: Outcome, split: Split) -> None:
    under = {"auc_unmoved"} | {f"{kind}_{op}" for op in MOVED for kind in ("flip_rate", "auc")}
    under |= {f"invariance_{op}_{precision}" for op in MOVED for precision in ("float32", "float64")}
    whole = {op for op in MOVED if op.startswith((*LORENTZ, "scale"))}
    fixed = {f"invariance_{op}_fixed_beams" for op in whole}
    errors = {"rejection_30_error", "rejection_50_error"}
    assert pfn.metrics.keys() - errors == SEPARATION | COST | LIE | under
    assert lorentznet.metrics.keys() - errors == SEPARATION | COST | LIE | under | fixed
    for outcome in (pfn, lorentznet):
        assert all(isinstance(v, float) and math.isfinite(v) for v in outcome.metrics.values()), outcome.metrics
        assert outcome.arrays["test_scores"].dtype == np.float32
        assert outcome.arrays["test_labels"].dtype == np.uint8
        assert outcome.arrays["test_scores"].shape == outcome.arrays["test_labels"].shape == (len(split.test),)
        assert len(outcome.arrays["train_loss"]) == len(outcome.arrays["validation_loss"])
        assert outcome.timings.keys() == {"fit", "evaluate"}


@pytest.mark.parametrize("classifier", [PFN, LORENTZNET], ids=lambda c: c.name)
def test_metrics_repeat_to_the_bit(classifier: Classifier, split: Split, pfn: Outcome, lorentznet: Outcome) -> None:
    first = pfn if classifier is PFN else lorentznet
    again = run(classifier, split)
    kept = {name for name in first.metrics if name not in WALL_CLOCK_METRICS}
    assert {n: again.metrics[n] for n in kept} == {n: first.metrics[n] for n in kept}
    assert again.arrays.keys() == first.arrays.keys() >= {"test_scores", "train_loss"}
    for name, array in first.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)


def test_lorentznet_is_invariant_and_pfn_is_not(pfn: Outcome, lorentznet: Outcome) -> None:
    for operation in LORENTZ:
        assert lorentznet.metrics[f"invariance_{operation}_float32"] < 1e-4
        assert lorentznet.metrics[f"invariance_{operation}_float64"] < 1e-10
        assert lorentznet.metrics[f"flip_rate_{operation}"] <= 0.01
        assert lorentznet.metrics[f"auc_{operation}"] == pytest.approx(lorentznet.metrics["auc"], abs=1e-4)
    for operation in ("rotation", "boost"):
        assert pfn.metrics[f"invariance_{operation}_float32"] > 0.1
        assert pfn.metrics[f"invariance_{operation}_float64"] > 0.1
        assert lorentznet.metrics[f"invariance_{operation}_fixed_beams"] > 1e-4
        assert pfn.metrics[f"lie_{operation}"] > 1e4 * lorentznet.metrics[f"lie_{operation}"]
    # PFN sees azimuths relative to the jet alone
    assert pfn.metrics["invariance_beam_rotation_float64"] < 1e-10


def test_a_process_without_a_gpu_measures_what_was_trained_on_others(split: Split) -> None:
    """As the coordinating task of a trial with several workers does."""

    def elsewhere(*arguments: Any, device: str, **how: Any) -> Training:
        assert device == "cuda"
        return train(*arguments, device="cpu", **how)

    asked: dict[str, Any] = {"seed": 0, "budget": 1.0, "device": "cuda", "evaluation": EVALUATION}
    found = run_classification(PFN, TopTagging(), split, trainer=elsewhere, **asked)
    assert "device_memory_mib" not in found.metrics, "its own memory says nothing about the training"
    assert found.metrics["auc"] > 0.8


def test_it_separates_the_toys(pfn: Outcome) -> None:
    assert pfn.metrics["auc"] > 0.8
    assert pfn.metrics["accuracy"] > 0.7


def test_test_labels_never_reach_the_training(split: Split, pfn: Outcome) -> None:
    turned = dataclasses.replace(split.test, label=1 - split.test.label)
    found = run(PFN, dataclasses.replace(split, test=turned))
    np.testing.assert_array_equal(found.arrays["test_scores"], pfn.arrays["test_scores"])
    assert found.metrics["auc"] == pytest.approx(1 - pfn.metrics["auc"])


def test_the_flops_of_pfn_are_those_of_its_layers() -> None:
    data = toy_jets(8)
    width, constituents = 16, data.vectors.shape[1]
    probe = Probe(ParticleFlow(width=width).build(), Jets.of(data, "cpu"))
    per_constituent = 7 * width + 2 * width**2
    expected = 2 * (constituents * per_constituent + 3 * width**2 + 2 * width)
    assert probe.forward_mflop() == pytest.approx(expected / 1e6)


@pytest.mark.parametrize(
    ("name", "published", "least"),
    [
        ("pfn", 3.5, 0.95),
        ("part", 211.0, 0.9),
        ("particlenet", 413.0, 0.65),
        # the first map of the edges is applied to nodes, which saves half
        ("lorentznet", 651.0, 0.4),
    ],
)
def test_the_flops_at_paper_size_are_those_published_or_fewer(name: str, published: float, least: float) -> None:
    """MFLOP of 50 constituents, as the comparisons on the Top Tagging reference print them."""
    p = np.random.default_rng(0).normal(size=(8, 50, 3)) * 5
    vectors = np.concatenate([np.linalg.norm(p, axis=-1, keepdims=True), p], axis=-1)
    full = dataclasses.replace(toy_jets(8, 50), vectors=vectors, mask=np.ones((8, 50), dtype=bool))
    classifier = registry.find_classifier(name).model_validate({"size": "paper"})
    ratio = Probe(classifier.build(), Jets.of(full, "cpu")).forward_mflop() / published
    assert least < ratio < 1.02


def test_a_perfect_classifier_gets_bounds_and_says_so() -> None:
    test = toy_jets(40)
    metrics, notes = separation(np.where(test.label == 1, 3.0, -3.0), test)
    assert metrics["auc"] == 1
    assert metrics["rejection_30"] == np.count_nonzero(test.label == 0)
    assert "rejection_30_error" not in metrics
    assert "lower bound" in notes["rejection_30"]
    assert "lower bound" in notes["rejection_50"]


def test_three_classes_are_moved_as_two_are() -> None:
    class Three(TopTagging):
        class_names = ("a", "b", "c")

    parts = toy_split(train=40, test=30)
    three = Split(
        *(dataclasses.replace(p, label=np.arange(len(p)) % 3) for p in (parts.train, parts.validation, parts.test))
    )
    operations = {"operations": [{"name": "permutation"}, {"name": "boost", "rapidities": [1.0]}]}
    classifier = ParticleFlow(epochs=1, min_steps=0)
    outcome = run_classification(classifier, Three(), three, seed=0, budget=1.0, device="cpu", evaluation=operations)
    assert outcome.metrics["invariance_permutation_float64"] < 1e-12
    assert outcome.metrics["invariance_boost_1_float64"] > 1e-3
    assert outcome.metrics["auc_permutation"] == pytest.approx(outcome.metrics["auc_unmoved"], abs=1e-6)
    assert outcome.metrics["lie_boost"] > 0


def test_fewer_test_jets_than_the_float64_sample_are_enough() -> None:
    split = toy_split(train=40, test=20)
    assert len(split.test) < FLOAT64_JETS
    outcome = run(ParticleFlow(epochs=1, min_steps=0), split)
    assert len(outcome.arrays["test_scores"]) == 20
