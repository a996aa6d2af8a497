"""Huber's loss: the equation that it solves, his efficiency for normal errors, and bounded influence."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.discovery.shared.polynomials import fit_quadratic
from symbench.discovery.shared.robust import cut, has_tails, influence, robust_fit, scale_of


def noisy(events: int, seed: int, tails: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, ‖x‖²/√6 with errors of 5 % of its spread, and without."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((events, 1, 3))
    f = np.sum(x**2, axis=(1, 2)) / np.sqrt(6)
    errors = rng.standard_cauchy(events) if tails == "cauchy" else rng.standard_normal(events)
    return x, f + 0.05 * errors, f


def test_the_influence_of_an_event_is_bounded() -> None:
    x, y, f = noisy(200, 0, "normal")
    fit, _ = robust_fit(fit_quadratic, x, y)
    y[7] += 1e6
    moved, _ = robust_fit(fit_quadratic, x, y)
    assert np.std(moved(x) - fit(x)) < 0.05
    assert np.std(fit_quadratic(x, y)(x) - f) > 10


def test_cauchy_errors_leave_a_tenth_of_the_error_of_least_squares() -> None:
    robust, squares = [], []
    for seed in range(8):
        x, y, f = noisy(400, seed, "cauchy")
        robust.append(np.std(robust_fit(fit_quadratic, x, y)[0](x) - f))
        squares.append(np.std(fit_quadratic(x, y)(x) - f))
    assert np.median(robust) < 0.1 * np.median(squares)
    assert max(robust) < 0.03


def test_the_cut_errors_are_orthogonal_to_the_functions() -> None:
    x, y, _ = noisy(400, 1, "cauchy")
    fit, _ = robust_fit(fit_quadratic, x, y)
    errors = y - fit(x)
    products = np.concatenate([np.ones((len(x), 1)), np.einsum("npi,npj->nij", x, x).reshape(len(x), -1)], axis=1)
    scale = np.sqrt(np.mean(cut(errors) ** 2) * np.mean(products**2, axis=0) / len(x))
    assert np.all(np.abs(cut(errors) @ products / len(x)) < 0.5 * scale)


def test_huber_needs_five_per_cent_more_events_for_normal_errors() -> None:
    """The efficiency of a cut at 1.345 is 95 % (Huber, 1964)."""
    errors = np.random.default_rng(2).standard_normal(200_000)
    assert scale_of(errors) == pytest.approx(1, abs=0.01)
    assert np.mean(influence(errors) ** 2) == pytest.approx(1 / 0.95, rel=0.01)


def test_tails_are_seen_where_there_are_some() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        assert not has_tails(rng.standard_normal(200))
        assert has_tails(rng.standard_cauchy(200))
