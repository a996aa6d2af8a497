"""Rao's score test: its distribution without a missing part, its power, and the limit on what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from symbench.discovery.shared.designs import MonomialDesign
from symbench.discovery.shared.log_odds import fit_log_odds
from symbench.discovery.shared.score_test import missing_part, score_test


def drawn(events: int, seed: int, cubic: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds (‖x‖² − 3) and a Hermite polynomial of degree 3 of `cubic` times their spread √6."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((events, 1, 3))
    first = x[:, 0, 0]
    f = np.sum(x**2, axis=(1, 2)) - 3 + cubic * (first**3 - 3 * first)  # of spread √6 as well
    return x, (rng.random(events) < expit(f)).astype(np.float64)


def statistic(x: np.ndarray, y: np.ndarray, frame: np.ndarray | None = None) -> tuple[float, int]:
    fit = fit_log_odds([MonomialDesign(2, 3)], x, y)
    richer = MonomialDesign(3, 3).features(x)
    return score_test(fit.design.features(x), richer if frame is None else richer @ frame, fit(x), y)


def test_without_a_missing_part_it_is_chi_squared() -> None:
    found = [statistic(*drawn(800, seed)) for seed in range(40)]
    assert {count for _, count in found} == {10}  # cubic monomials of three variables
    values = np.array([value for value, _ in found])
    assert values.mean() == pytest.approx(10, abs=3 * np.sqrt(20 / 40))
    assert np.mean(values > 23.2) <= 0.1  # its 99 % quantile


def test_it_does_not_depend_on_the_basis_of_the_richer_functions() -> None:
    x, y = drawn(400, 0, cubic=0.3)
    frame = np.eye(19) + 0.2 * np.random.default_rng(0).standard_normal((19, 19))
    assert statistic(x, y, frame)[0] == pytest.approx(statistic(x, y)[0], rel=1e-6)


def test_a_missing_part_is_found_and_within_its_limit() -> None:
    for seed in range(4):
        x, y = drawn(2_000, seed, cubic=0.3)
        missing = missing_part(fit_log_odds([MonomialDesign(2, 3)], x, y), x, y)
        assert missing.significant
        assert missing.size > 0.1
        exact = missing_part(fit_log_odds([MonomialDesign(3, 3)], x, y), x, y)
        assert not exact.significant
        assert exact.upper < missing.upper


def test_the_limit_falls_as_events_are_added() -> None:
    limits = []
    for events in (500, 2_000, 8_000):
        x, y = drawn(events, 1)
        limits.append(missing_part(fit_log_odds([MonomialDesign(2, 3)], x, y), x, y).upper)
    assert limits[0] > limits[1] > limits[2]
    assert limits[2] < 0.1


def test_without_richer_functions_nothing_is_excluded() -> None:
    x, y = drawn(60, 0)
    assert missing_part(fit_log_odds([MonomialDesign(2, 3)], x, y), x, y).upper == np.inf
