"""Weighted events: an integer weight is a repetition, a sign is a subtraction, and no weight changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from torch.nn.functional import cross_entropy

from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.objective import loss
from symbench.data.container import Dataset, Provenance
from symbench.data.weights import description, effective_number
from symbench.metrics.classification.accuracy import accuracy
from symbench.metrics.classification.auc import auc, macro_auc
from symbench.metrics.classification.balanced_accuracy import balanced_accuracy
from symbench.metrics.classification.ece import expected_calibration_error
from symbench.metrics.classification.log_loss import log_loss
from symbench.metrics.classification.rejection import background_rejection, weighted_rejection
from symbench.stats.test_events import TestScores, event_covariance

Array = npt.NDArray[Any]
SEEDS = st.integers(0, 2**32 - 1)


def sample(seed: int, n: int = 60) -> tuple[Array, Array, Array, Array]:
    """Scores (n,) with ties, logits (n, 3), labels (n,) and whole weights (n,), all classes present."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([[0, 1, 2], rng.integers(0, 3, n - 3)])
    scores = np.round(rng.normal(size=n) + labels, 1)
    return scores, rng.normal(size=(n, 3)) + 2 * np.eye(3)[labels], labels, rng.integers(1, 4, n).astype(float)


@given(SEEDS)
def test_a_whole_weight_is_a_repetition(seed: int) -> None:
    scores, logits, labels, weights = sample(seed)
    again = np.repeat(np.arange(len(labels)), weights.astype(int))
    two = np.minimum(labels, 1)
    assert auc(scores, two, weights) == pytest.approx(auc(scores[again], two[again]))
    assert macro_auc(logits, labels, weights) == pytest.approx(macro_auc(logits[again], labels[again]))
    assert auc(scores, two, weights) == pytest.approx(roc_auc_score(two, scores, sample_weight=weights))
    for metric in (accuracy, balanced_accuracy, log_loss, expected_calibration_error):
        assert metric(logits, labels, weights) == pytest.approx(metric(logits[again], labels[again]))
        assert metric(logits, labels, np.ones(len(labels))) == pytest.approx(metric(logits, labels))
    for efficiency in (0.3, 0.5, 0.9):
        one = weighted_rejection(scores, two, efficiency, weights)
        other = background_rejection(scores[again], two[again], efficiency)
        assert one is not None
        assert other is not None
        assert one.is_bound == other.is_bound
        if not one.is_bound:
            assert one.value == pytest.approx(other.value)


@given(SEEDS)
def test_a_negative_weight_takes_an_event_away(seed: int) -> None:
    scores, logits, labels, weights = sample(seed)
    rng = np.random.default_rng(seed)
    extra = rng.integers(0, len(labels), 20)
    rows = np.concatenate([np.arange(len(labels)), extra, extra])
    signed = np.concatenate([weights, np.ones(20), -np.ones(20)])
    two = np.minimum(labels, 1)
    assert auc(scores[rows], two[rows], signed) == pytest.approx(auc(scores, two, weights))
    assert log_loss(logits[rows], labels[rows], signed) == pytest.approx(log_loss(logits, labels, weights))
    assert accuracy(logits[rows], labels[rows], signed) == pytest.approx(accuracy(logits, labels, weights))
    assert effective_number(signed) < effective_number(weights) + 1e-9


def test_the_effective_number_of_events() -> None:
    assert effective_number(np.full(7, 0.3)) == pytest.approx(7)
    assert effective_number(np.array([1.0, 1.0, 1.0, -1.0])) == pytest.approx(1.0)
    assert description(np.array([1.0, 1.0, 1.0, -1.0])) == "4 events, 1 of negative weight, effective number 1.0"
    assert auc(np.arange(4.0), np.array([0, 0, 1, 1]), np.array([1.0, -1.0, 1.0, 1.0])) is None


def test_the_error_of_a_weighted_rejection_is_its_spread() -> None:
    rng = np.random.default_rng(1)
    values, errors = [], []
    for _ in range(400):
        labels = np.repeat([0, 1], 400)
        found = weighted_rejection(
            rng.normal(size=800) + labels, labels, 0.5, np.where(labels, 1.0, rng.choice([1.0, 1.0, 3.0, -0.5], 800))
        )
        assert found is not None
        assert found.error is not None
        values.append(1 / found.value)
        errors.append(found.error / found.value**2)
    # the cut moves with the signal, which the binomial error leaves out as in the unweighted case
    assert 0.6 < np.mean(errors) / np.std(values) < 1.05


def test_intervals_follow_from_the_events_that_count() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, 400)
    rows = [(rng.normal(size=400) + labels * strength).astype(np.float32) for strength in (1.0, 2.0)]

    def covariance(weights: Array | None, used: slice = slice(None)) -> Array:
        own = None if weights is None else weights[used]
        found = event_covariance([{0: TestScores(0.5, scores[used], labels[used], own)} for scores in rows])
        assert found is not None
        return found

    np.testing.assert_allclose(covariance(np.full(400, 0.7)), covariance(None), rtol=1e-9)
    half = np.where(np.arange(400) % 2, 1.0, 0.0)
    np.testing.assert_allclose(covariance(half), covariance(None, slice(1, None, 2)), rtol=0.02)
    mixed = [{0: TestScores(0.5, rows[0], labels, half)}, {0: TestScores(0.5, rows[1], labels, None)}]
    assert event_covariance(mixed) is None


def dataset(weight: Array | None, n: int = 12) -> Dataset:
    rng = np.random.default_rng(0)
    vectors = np.abs(rng.normal(size=(n, 2, 4)))
    return Dataset(
        vectors,
        np.ones((n, 2), dtype=bool),
        np.arange(n) % 2,
        np.arange(n, dtype=np.uint64),
        Provenance("a", "b", "c"),
        weight=weight,
    )


def test_batches_add_up_to_the_weighted_loss_of_the_sample() -> None:
    weight = np.array([2.0, -1.0, 0.5, 3.0, 1.0, 1.0, -0.5, 2.0, 1.0, 1.0, 4.0, 1.0])
    jets = Jets.of(dataset(weight), "cpu")
    logits = torch.tensor(np.random.default_rng(1).normal(size=(12, 2)))
    each = cross_entropy(logits, jets.label, reduction="none").numpy()
    expected = (weight * each).sum() / weight.sum()
    batches = [slice(start, start + 4) for start in (0, 4, 8)]
    mean = sum(float(loss(logits[rows], jets.label[rows], weight=jets.take(rows).weight)) for rows in batches) / 3
    assert mean == pytest.approx(expected)
    plain = Jets.of(dataset(None), "cpu")
    assert torch.equal(loss(logits, plain.label, weight=plain.weight), cross_entropy(logits, plain.label))
    with pytest.raises(ValueError, match="add up to -12"):
        Jets.of(dataset(np.full(12, -1.0)), "cpu")
    assert dataset(weight).digest != dataset(None).digest
    np.testing.assert_array_equal(dataset(weight).take(np.array([3, 1])).weight, [3.0, -1.0])
