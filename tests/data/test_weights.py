"""Events that are accepted by their weights are distributed as the weighted ones."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.data.hashing import row_ids
from symbench.data.weights import description, effective_number, unweighted
from symbench.errors import DataError

X = np.random.default_rng(0).uniform(size=40_000)
IDS = row_ids(X)


def test_accepted_events_have_the_density_of_the_weights() -> None:
    """Uniform x with weight x has the density 2x: E[x] = 2/3, E[x²] = 1/2, and half of the events are accepted."""
    rows = unweighted("a", "w", X, IDS)
    accepted = X[rows]
    error = 5 / np.sqrt(len(accepted))
    assert abs(rows.mean() - 0.5) < 5 * 0.5 / np.sqrt(len(X))
    assert abs(accepted.mean() - 2 / 3) < error * np.sqrt(1 / 18)
    assert abs((accepted**2).mean() - 1 / 2) < error * np.sqrt(1 / 12)


def test_acceptance_depends_on_the_event_and_the_ratio_of_weights_alone() -> None:
    rows = unweighted("a", "w", X, IDS)
    order = np.random.default_rng(1).permutation(len(X))
    np.testing.assert_array_equal(unweighted("a", "w", 7 * X[order], IDS[order]), rows[order])
    assert unweighted("a", "w", np.full(len(X), 0.3), IDS).all()
    assert not unweighted("a", "w", np.where(X < 0.5, 0.0, 1.0), IDS)[X < 0.5].any()


def test_weights_without_a_density_are_refused() -> None:
    with pytest.raises(DataError, match="1 of 3 weights 'w' are negative"):
        unweighted("a", "w", np.array([1.0, -1.0, 1.0]), IDS[:3])
    with pytest.raises(DataError, match="all weights 'w' are zero"):
        unweighted("a", "w", np.zeros(3), IDS[:3])


def test_the_effective_number_of_equal_and_of_cancelling_weights() -> None:
    assert effective_number(np.full(50, 3.0)) == pytest.approx(50)
    assert effective_number(np.array([1.0, 1.0, 1.0, -1.0])) == pytest.approx(1)
    assert description(np.array([1.0, 1.0, 1.0, -1.0])) == "4 events, 1 of negative weight, effective number 1.0"
