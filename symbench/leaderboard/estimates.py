"""Means over seeds with the interval that suits the metric, and the scores of seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from symbench.metrics.catalog import metric
from symbench.metrics.regression.decades import TEST_ERRORS, contributions
from symbench.stats.intervals import Estimate, mean_estimate
from symbench.stats.test_events import TestScores
from symbench.trial.result import Status, TrialResult

_LARGEST = 1e150
"""A metric beyond it has no finite square, and counts as not finite."""


def estimate(name: str, values: Sequence[float], *, extra_variance: float = 0.0) -> Estimate:
    """The mean of a metric over seeds with its 95 % interval: shapeless for scores of success or failure, Student's
    for others; see `stats.intervals`. A metric that is better if it is lower, such as an error, is not below 0.
    """
    entry = metric(name)
    support = entry.support
    if support is None and entry.better == "lower" and min(values, default=-1.0) >= 0.0:
        support = (0.0, math.inf)
    return mean_estimate(values, support=support, shapeless=entry.shapeless, extra_variance=extra_variance)


def scores_by_seed(results: Sequence[TrialResult], name: str) -> dict[int, float]:
    """The metric of each trial that ended ok and has a finite value, by seed."""
    return {
        r.spec.seed: r.metrics[name]
        for r in results
        if r.status is Status.OK and is_number(r.metrics.get(name, math.nan))
    }


def with_test_events(result: TrialResult, score: float) -> TestScores:
    """A score of a trial with what it kept of its test events."""
    whole = result.whole()
    errors = whole.array(TEST_ERRORS)
    if errors is not None:
        return TestScores(score, contributions=contributions(errors))
    return TestScores(score, whole.array("test_scores"), whole.array("test_labels"), whole.array("test_weights"))


def is_number(value: float) -> bool:
    """Whether a value can enter a mean: finite, and with a finite square."""
    return math.isfinite(value) and abs(value) < _LARGEST
