"""Shares of functions that explain each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from symbench.data.event_functions import linear_functions
from symbench.data.samples import ConservedQuantities
from symbench.metrics.discovery.explained import explained_shares

STATES = np.random.default_rng(0).normal(size=(300, 4))
FIRST, SECOND = linear_functions(np.eye(4)[:1]), linear_functions(np.eye(4)[1:2])
BOTH = linear_functions(np.eye(4)[:2])


def mapped(functions: ConservedQuantities, change: Callable[[np.ndarray], np.ndarray]) -> ConservedQuantities:
    return ConservedQuantities(functions.count, lambda x: change(functions.values(x)), functions.gradients)


@pytest.mark.parametrize("change", [np.exp, np.negative, lambda x: x**3])
def test_a_monotone_map_of_a_function_is_the_function(change: Callable[[np.ndarray], np.ndarray]) -> None:
    found = explained_shares(mapped(FIRST, change), FIRST, STATES)
    assert min(found.values()) > 0.99


def test_another_function_explains_nothing() -> None:
    assert max(explained_shares(SECOND, FIRST, STATES).values()) < 0.1


def test_one_of_two_functions_explains_half_and_is_explained() -> None:
    found = explained_shares(FIRST, BOTH, STATES)
    assert found["explained_true"] == pytest.approx(0.5, abs=0.06)
    assert found["explained_claimed"] > 0.98


def test_functions_of_the_true_ones_are_explained_and_explain() -> None:
    turned = mapped(BOTH, lambda y: y @ np.array([[1.0, 1.0], [-1.0, 1.0]]))
    assert min(explained_shares(turned, BOTH, STATES).values()) > 0.95


def test_no_claim_explains_nothing() -> None:
    assert explained_shares(linear_functions(np.zeros((0, 4))), FIRST, STATES) == {"explained_true": 0.0}
