"""Separation and calibration: hand-made cases, scikit-learn, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from symbench.metrics.classification.accuracy import accuracy
from symbench.metrics.classification.auc import auc
from symbench.metrics.classification.ece import calibration_error, expected_calibration_error
from symbench.metrics.classification.rejection import background_rejection, passing_background


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 1)), min_size=4, max_size=60))
def test_auc_equals_scikit_learn_with_ties_and_mirrors(pairs: list[tuple[int, int]]) -> None:
    scores = np.array([p[0] for p in pairs], dtype=float)
    labels = np.array([p[1] for p in pairs])
    found = auc(scores, labels)
    if labels.min() == labels.max():
        assert found is None
        return
    assert found is not None
    assert found == pytest.approx(roc_auc_score(labels, scores))
    assert auc(-scores, labels) == pytest.approx(1 - found)


def test_rejection_of_a_hand_made_sample() -> None:
    signal = np.arange(10.0)  # 30 % efficiency: 7, 8, 9 pass, the threshold is 7
    background = np.array([7.0, 8.5, *[0.0] * 18])
    scores, labels = np.concatenate([signal, background]), np.repeat([1, 0], [10, 20])
    found = background_rejection(scores, labels, 0.3)
    assert found is not None
    assert found.value == 10
    # d(N/n) for binomial n of N = 20 at ε = 0.1: (20/2²) √(20 · 0.1 · 0.9)
    assert found.error == pytest.approx(5 * np.sqrt(1.8))


def test_what_passes_at_several_efficiencies_is_counted() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.85, 0.65, 0.1, 0.05])
    labels = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    assert passing_background(scores, labels, [0.25, 0.5, 1.0]) == ([0, 1, 2], 4)


def test_rejection_error_covers_repeated_samples() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([1, 0], [4000, 4000])
    found = [background_rejection(rng.normal(labels * 1.5), labels, 0.5) for _ in range(200)]
    values = np.array([r.value for r in found if r is not None])
    errors = np.array([r.error for r in found if r is not None and r.error is not None])
    # the threshold fluctuates too, which adds to the binomial error
    assert 0.9 < values.std() / errors.mean() < 1.6


def test_no_passing_background_gives_a_finite_bound() -> None:
    scores, labels = np.array([5.0, 6.0, 1.0, 2.0, 3.0]), np.array([1, 1, 0, 0, 0])
    found = background_rejection(scores, labels, 0.5)
    assert found is not None
    assert found.is_bound
    assert found.value == 3
    assert background_rejection(scores[:2], labels[:2], 0.5) is None
    with pytest.raises(ValueError, match="signal efficiency"):
        background_rejection(scores, labels, 0.0)


def test_accuracy_splits_at_zero() -> None:
    assert accuracy(np.array([-1.0, 0.0, 2.0, 3.0]), np.array([0, 1, 1, 0])) == 0.5


def test_calibration_error_of_true_and_of_overconfident_probabilities() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(size=50000)
    labels = (rng.uniform(size=50000) < p).astype(int)
    assert expected_calibration_error(np.log(p / (1 - p)), labels) < 0.01
    # certain of signal everywhere, right in 30 %: the error is 0.7
    assert expected_calibration_error(np.full(10, 100.0), np.repeat([1, 0], [3, 7])) == pytest.approx(0.7)
    assert calibration_error(np.ones(10), np.repeat([1, 0], [3, 7]) == 1) == pytest.approx(0.7)
