"""The judge, on forms whose spreads are known."""

import numpy as np
import pytest

from symbench.discovery.shared.judge import Judgement, judge, worst_spreads

FOLDS = 5


def forms(spreads: list[float], noise: float = 0.0) -> list[np.ndarray]:
    """Diagonal changes of directions with these σ, whose squares differ over folds by up to ± noise."""
    return [np.diag(np.square(spreads) * (1 + noise * t)) for t in np.linspace(-1, 1, FOLDS)]


def verdict(spreads: list[float], noise: float = 0.0) -> Judgement:
    d = len(spreads)
    return judge([np.eye(d)] * FOLDS, forms(spreads, noise), np.eye(d), bound=0.2, confidence=0.95)


def test_directions_below_the_bound_are_counted_up_to_the_first_that_is_not() -> None:
    found = verdict([0.01, 0.03, 0.5, 0.01])
    assert found.k == 2
    np.testing.assert_allclose(found.spread, [0.01, 0.03, 0.5, 0.5])
    assert verdict([0.3, 0.01]).k == 0


def test_a_distinctly_worse_direction_is_broken_although_it_is_below_the_bound() -> None:
    assert verdict([0.003, 0.003, 0.09], noise=0.1).k == 2
    assert verdict([0.03, 0.04, 0.09], noise=0.1).k == 3
    assert verdict([1e-9, 1e-6, 1e-5]).k == 3  # rounding is no breaking


def test_scatter_over_folds_costs_confidence() -> None:
    steady, scattered = verdict([0.17], noise=0.02), verdict([0.17], noise=0.6)
    assert steady.k == 1
    assert scattered.k == 0
    assert steady.upper[0] < scattered.upper[0]
    assert steady.confidence[0] > 0.95 > scattered.confidence[0]


def test_the_worst_direction_of_a_span_is_found_whatever_the_basis() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    root = rng.standard_normal((6, 6))
    length = root @ root.T
    other = rng.standard_normal((6, 6))
    change = other @ other.T
    basis = rng.standard_normal((6, 4))
    worst = worst_spreads(basis, change, length)
    mixed = basis @ np.triu(rng.standard_normal((4, 4)) + 3 * np.eye(4))  # the same nested spans
    np.testing.assert_allclose(worst_spreads(mixed, change, length), worst, rtol=1e-7)
    coefficients = basis @ rng.standard_normal((4, 2000))
    ratios = np.einsum("ia,ij,ja->a", coefficients, change, coefficients)
    ratios /= np.einsum("ia,ij,ja->a", coefficients, length, coefficients)
    assert ratios.max() <= worst[-1] * (1 + 1e-9)
    assert ratios.max() > 0.8 * worst[-1]


def test_directions_that_move_nothing_or_repeat_others_never_pass() -> None:
    repeated = np.eye(3)[:, [0, 0, 1]]
    assert np.isinf(worst_spreads(repeated, np.zeros((3, 3)), np.eye(3))[1:]).all()
    idle = worst_spreads(np.eye(2), np.zeros((2, 2)), np.diag([0.0, 1.0]))
    assert np.isinf(idle).all()
    assert judge([repeated] * FOLDS, [np.zeros((3, 3))] * FOLDS, np.eye(3), bound=0.2, confidence=0.95).k <= 1


def test_a_bound_of_another_confidence_is_another_limit() -> None:
    d = forms([0.1], noise=0.3)
    low, high = (judge([np.eye(1)] * FOLDS, d, np.eye(1), bound=0.2, confidence=c).upper[0] for c in (0.6, 0.99))
    assert low < high
    assert low == pytest.approx(0.1, rel=0.3)
