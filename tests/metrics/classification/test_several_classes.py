"""Metrics of several classes: with two they are the two-class ones; closed forms otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.metrics.classification.accuracy import accuracy
from symbench.metrics.classification.auc import auc, macro_auc
from symbench.metrics.classification.balanced_accuracy import balanced_accuracy
from symbench.metrics.classification.ece import expected_calibration_error
from symbench.metrics.classification.log_loss import log_loss
from symbench.metrics.classification.outputs import log_probabilities


@settings(deadline=None)  # SciPy is imported by the first call
@given(seed=st.integers(0, 10_000), count=st.integers(5, 60))
def test_with_two_classes_they_are_the_two_class_metrics(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(0, 2, (count, 2)), rng.integers(0, 2, count)
    z = logits[:, 1] - logits[:, 0]
    assert accuracy(logits, labels) == pytest.approx(accuracy(z, labels))
    found, expected = macro_auc(logits, labels), auc(z, labels)
    assert (found is None) == (expected is None)
    assert found is None or found == pytest.approx(expected)
    p = 1 / (1 + np.exp(-z))
    assert log_loss(logits, labels) == pytest.approx(-np.mean(np.log(np.where(labels == 1, p, 1 - p))))
    assert expected_calibration_error(logits, labels) == pytest.approx(expected_calibration_error(z, labels))


def test_guessing_and_knowing_give_what_they_must() -> None:
    labels = np.arange(400) % 4
    guess = np.zeros((400, 4))
    assert log_loss(guess, labels) == pytest.approx(np.log(4))
    assert macro_auc(guess, labels) == pytest.approx(0.5)
    assert accuracy(guess, labels) == 0.25
    known = 1000 * np.eye(4)[labels]
    assert log_loss(known, labels) == 0
    assert macro_auc(known, labels) == 1
    assert expected_calibration_error(known, labels) == pytest.approx(0)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_a_constant_added_to_an_events_logits_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(size=(50, 3)), np.arange(50) % 3
    shifted = logits + rng.normal(0, 100, (50, 1))
    for metric in (accuracy, balanced_accuracy, log_loss, macro_auc):
        assert metric(shifted, labels) == pytest.approx(metric(logits, labels))


def test_the_auc_tells_probabilities_that_round_to_one() -> None:
    logits = np.zeros((40, 3))
    logits[:, 0] = np.linspace(50, 90, 40)
    labels = np.where(np.arange(40) >= 20, 0, np.arange(40) % 2 + 1)
    z = logits[:, 0]
    assert np.exp(log_probabilities(logits)).max(axis=1).min() == 1.0
    (first,) = [auc(z, (labels == 0).astype(int))]
    assert first == 1.0
    assert macro_auc(logits, labels) > 0.6  # type: ignore[operator]


def test_rare_classes_count_alike_in_the_balanced_accuracy() -> None:
    labels = np.array([0] * 98 + [1, 2])
    logits = np.tile([1.0, 0.0, 0.0], (100, 1))
    assert accuracy(logits, labels) == 0.98
    assert balanced_accuracy(logits, labels) == pytest.approx(1 / 3)
    assert macro_auc(logits[:98], labels[:98]) is None
