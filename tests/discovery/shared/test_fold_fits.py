"""Fits from sums over events are the fits that a direct solution gives, without each fold."""

import numpy as np
import pytest
from scipy.optimize import minimize

from symbench.discovery.shared.designs import MonomialDesign, polynomial_designs, quadratic_designs
from symbench.discovery.shared.fold_fits import fit_folds, prepare, smallest_sufficient
from symbench.discovery.shared.polynomials import monomials

FOLDS = 4


def events(n: int = 5_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """More events than a block, and than the pilot."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, 2, 2)) + 0.3, np.arange(n) % FOLDS


def test_without_a_fold_it_is_the_penalised_least_squares_solution_of_the_others() -> None:
    """That of LAPACK for rows that contain the penalty, which does not form normal equations."""
    x, fold = events()
    y = np.sin(x[:, 0, 0]) + x[:, 1, 0] * x[:, 0, 1] + 0.1 * np.random.default_rng(1).standard_normal(len(x))
    y = (y - y.mean()) / y.std()
    prepared = prepare(MonomialDesign(3, 4), x, y, fold)
    found = fit_folds(prepared, x, y, fold, binary=False)
    features = np.hstack([monomials(x.reshape(len(x), -1), 3), np.ones((len(x), 1))])
    for m in range(FOLDS):
        others = np.sum(fold != m)
        penalty = np.diag(np.append(np.sqrt(others * prepared.penalties[m]) * prepared.scale, 0.0))
        rows, right = np.vstack([features[fold != m], penalty]), np.append(y[fold != m], np.zeros(len(penalty)))
        exact = np.linalg.lstsq(rows, right, rcond=None)[0]
        np.testing.assert_allclose(found.coefficients[m], exact[:-1], atol=1e-7)
        np.testing.assert_allclose(found.predictions[fold == m], features[fold == m] @ exact, atol=1e-7)


def test_a_polynomial_is_recovered_to_rounding_although_normal_equations_square_the_condition() -> None:
    x, fold = events()
    y = x[:, 0, 0] ** 3 - x[:, 1, 1] * x[:, 0, 1] ** 2
    y = (y - y.mean()) / y.std()
    best = smallest_sufficient(polynomial_designs(2, 2, degree=6, most_terms=1_000), x, y, fold)
    assert best.design == MonomialDesign(3, 4)
    found = fit_folds(best, x, y, fold, binary=False)
    assert np.max(np.abs(found.predictions - y)) < 1e-10


def test_log_odds_are_the_minimum_of_the_penalised_logistic_loss() -> None:
    """The minimum by a general optimiser; the penalty is that of least squares, in units of the label's variance."""
    x, fold = events(8_000)
    odds = x[:, 0, 0] - 0.7 * x[:, 1, 1] + 0.2
    label = (np.random.default_rng(2).uniform(size=len(x)) < 1 / (1 + np.exp(-odds))).astype(float)
    y = (label - label.mean()) / label.std()
    prepared = prepare(MonomialDesign(1, 4), x, y, fold)
    found = fit_folds(prepared, x, y, fold, binary=True)
    flat = x.reshape(len(x), -1)
    for m in range(FOLDS):
        rows, target, penalty = flat[fold != m], label[fold != m], label.var() * prepared.penalties[m]

        def loss(w: np.ndarray, rows: np.ndarray = rows, t: np.ndarray = target, penalty: float = penalty) -> float:
            f = rows @ w[:4] + w[4]
            return float(np.mean(np.logaddexp(0, f) - t * f) + penalty * np.sum((prepared.scale * w[:4]) ** 2) / 2)

        exact = minimize(loss, np.zeros(5), method="BFGS", options={"gtol": 1e-8}).x
        np.testing.assert_allclose(found.coefficients[m], exact[:4], atol=5e-4)
        np.testing.assert_allclose(found.values[fold == m], flat[fold == m] @ exact[:4] + exact[4], atol=1e-3)
    rate = label.mean()
    probability = found.predictions * label.std() + rate
    np.testing.assert_allclose(probability, 1 / (1 + np.exp(-found.values)), atol=1e-12)


def test_labels_of_a_fold_do_not_enter_what_is_fitted_without_it() -> None:
    x, fold = events()
    y = np.tanh(x[:, 0, 0]) + 0.5 * np.random.default_rng(3).standard_normal(len(x))
    other = np.where(fold == 2, -5 * y, y)
    first, second = (
        fit_folds(prepare(MonomialDesign(2, 4), x, label, fold), x, label, fold, binary=False) for label in (y, other)
    )
    np.testing.assert_allclose(first.predictions[fold == 2], second.predictions[fold == 2], atol=1e-9)
    assert np.max(np.abs(first.predictions - second.predictions)[fold == 1]) > 0.1


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_of_a_design_is_that_of_its_functions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, step = rng.standard_normal((7, 2, 3)), 1e-6
    for design in [*quadratic_designs(2, 3), *polynomial_designs(2, 3, degree=4, most_terms=300)]:
        coefficients = rng.standard_normal((2, design.size))
        exact = design.gradient(coefficients)(x)
        for p, i in np.ndindex(2, 3):
            away = np.zeros((2, 3))
            away[p, i] = step
            slope = (design.features(x + away) - design.features(x - away)) @ coefficients.T / (2 * step)
            np.testing.assert_allclose(exact[:, :, p, i], slope.T, rtol=1e-6, atol=1e-5)
