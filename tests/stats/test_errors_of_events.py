"""The uncertainty of the score of regressions by other test events, against the closed form and fresh samples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from symbench.metrics.regression.decades import contributions, decades
from symbench.stats.test_events import TestScores, event_covariance

EVENTS = 2_000


def kept(errors: np.ndarray) -> TestScores:
    return TestScores(decades(float(errors.mean())), contributions=contributions(errors))


def test_the_deviation_is_that_of_fresh_test_samples() -> None:
    """−log₁₀ of a mean of squares of N(0, 1): √(2/n)/ln 10 by the delta method, and the scatter of new samples."""
    rng = np.random.default_rng(0)
    known = kept(rng.normal(size=EVENTS) ** 2).deviation
    assert known == pytest.approx(math.sqrt(2 / EVENTS) / math.log(10), rel=0.1)
    scores = [decades(float(np.mean(rng.normal(size=EVENTS) ** 2))) for _ in range(400)]
    assert known == pytest.approx(float(np.std(scores)), rel=0.15)


def test_seeds_and_entries_share_what_the_events_decide() -> None:
    """Errors e of events that all trials share cancel in the difference of two entries with proportional errors."""
    rng = np.random.default_rng(1)
    shared = rng.exponential(size=EVENTS)
    rows = [{seed: kept(scale * shared) for seed in range(3)} for scale in (1.0, 0.01)]
    covariance = event_covariance(rows)
    assert covariance is not None
    expected = float(np.var(shared, ddof=1)) / EVENTS / (float(shared.mean()) * math.log(10)) ** 2
    assert np.allclose(covariance, expected, rtol=1e-9)
    own = event_covariance([{seed: kept(rng.exponential(size=EVENTS)) for seed in range(3)}])
    assert own is not None
    assert own[0, 0] < 0.2 * expected  # nothing is common to the seeds: their spread contains it


def test_without_errors_of_all_trials_nothing_is_stated() -> None:
    some = kept(np.ones(10) * np.arange(10))
    assert event_covariance([{0: some, 1: TestScores(0.3)}]) is None
    assert event_covariance([{0: some}, {0: kept(np.arange(12.0))}]) is None
    assert contributions(np.zeros(5)) is None
