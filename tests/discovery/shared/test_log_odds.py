"""Logistic regression: its stationary point, left-out events by refitting, and the spread that Fisher predicts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from symbench.discovery.shared.designs import MonomialDesign, polynomial_designs, quadratic_designs
from symbench.discovery.shared.log_odds import LogOdds, fit_log_odds, in_errors, log_losses


def drawn(events: int, seed: int = 0, sharp: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Classes with log-odds `sharp` times ‖x‖² − 2.37."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((events, 1, 3))
    q = np.sum(x**2, axis=(1, 2)) - 2.37
    return x, (rng.random(events) < expit(sharp * q)).astype(np.float64)


def objective(fit: LogOdds, x: np.ndarray, y: np.ndarray, change: np.ndarray) -> float:
    """Mean log loss plus λ/8 times the squares of coefficients of functions of spread 1."""
    phi = fit.design.features(x)
    coefficients = fit.coefficients + change[1:] / phi.std(axis=0)
    f = fit.constant + change[0] + phi @ coefficients - change[1:] @ (phi.mean(axis=0) / phi.std(axis=0))
    return float(log_losses(f, y).mean() + fit.penalty / 8 * np.sum((coefficients * phi.std(axis=0)) ** 2))


def test_the_fit_is_the_minimum_of_its_loss() -> None:
    x, y = drawn(300)
    fit = fit_log_odds(quadratic_designs(1, 3), x, y)
    best = objective(fit, x, y, np.zeros(1 + fit.design.size))
    rng = np.random.default_rng(1)
    for _ in range(50):
        change = rng.standard_normal(1 + fit.design.size)
        assert objective(fit, x, y, 0.03 * change / np.linalg.norm(change)) > best


def test_left_out_log_odds_are_those_of_a_fit_without_the_event() -> None:
    x, y = drawn(80)
    fit = fit_log_odds([MonomialDesign(2, 3)], x, y)
    for i in range(0, 80, 8):
        without = fit.refitted(np.delete(x, i, axis=0), np.delete(y, i))
        (expected,) = without(x[i : i + 1])
        assert fit.left_out[i] == pytest.approx(expected, abs=0.15 + 0.1 * abs(expected))
    assert log_losses(fit.left_out, y).mean() > log_losses(fit(x), y).mean()


def test_errors_of_coefficients_are_those_of_the_fisher_information() -> None:
    pulls = []
    for seed in range(12):
        x, y = drawn(2_000, seed)
        fit = fit_log_odds([MonomialDesign(2, 3)], x, y)
        phi = np.concatenate([np.ones((len(x), 1)), fit.design.features(x)], axis=1)
        weight = expit(fit(x)) * expit(-fit(x))
        errors = np.sqrt(np.diagonal(np.linalg.inv((phi * weight[:, None]).T @ phi)))[1:]
        truth = np.zeros(9)
        truth[[3, 6, 8]] = 1.0  # x₀², x₁², x₂² after three linear terms
        pulls.append((fit.coefficients - truth) / errors)
    assert 0.75 < np.std(pulls) < 1.25
    assert abs(np.mean(pulls)) < 0.4


def test_many_events_are_fitted_in_blocks_to_the_same_function() -> None:
    x, y = drawn(5_000)
    fit = fit_log_odds(polynomial_designs(1, 3), x, y)
    assert fit.design.size == 9
    again = fit.refitted(x, y)
    np.testing.assert_allclose(again.coefficients, fit.coefficients, atol=1e-3)
    assert np.corrcoef(fit(x), np.sum(x**2, axis=(1, 2)))[0, 1] > 0.99


def test_classes_that_do_not_overlap_have_finite_log_odds() -> None:
    x, _ = drawn(200)
    y = (np.sum(x**2, axis=(1, 2)) > 2.37).astype(np.float64)
    fit = fit_log_odds(quadratic_designs(1, 3), x, y)
    assert np.isfinite(fit.coefficients).all()
    assert np.mean((fit(x) > 0) == (y > 0.5)) > 0.98


def test_means_in_their_errors() -> None:
    assert in_errors(np.zeros(5)) == 0
    assert in_errors(np.full(5, -2.0)) == -np.inf
    values = np.random.default_rng(0).standard_normal(400) + 1
    assert in_errors(values) == pytest.approx(20 * values.mean() / values.std(ddof=1))
