"""Polynomials: values, gradients, the choice of a family, and the goodness of a fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.discovery.shared.described import describe
from symbench.discovery.shared.polynomials import (
    Fitted,
    all_terms,
    fit_polynomial,
    fit_quadratic,
    monomials,
    products,
    symmetric,
    term_count,
)


@given(n=st.integers(1, 4), degree=st.integers(0, 5), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_monomials_are_the_products_of_their_factors(n: int, degree: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(7, n))
    terms = all_terms(n, degree)
    assert len(terms) == term_count(n, degree)
    expected = [np.prod(x[:, list(term)], axis=1) for term in terms]
    assert np.allclose(monomials(x, degree), np.array(expected).reshape(-1, 7).T)


def test_a_symmetric_matrix_is_the_form_of_its_coefficients() -> None:
    rng = np.random.default_rng(0)
    x, c = rng.normal(size=(5, 4)), rng.normal(size=10)
    form = symmetric(c, 4)
    assert np.array_equal(form, form.T)
    assert np.sum(x @ form * x, axis=1) == pytest.approx(products(x) @ c)


def label(x: np.ndarray) -> np.ndarray:
    """u·v + u₁ − 2 v₂² of two vectors: of the largest family, since it is not symmetric in the vectors."""
    return np.asarray(np.sum(x[:, 0] * x[:, 1], axis=1) + x[:, 0, 0] - 2 * x[:, 1, 1] ** 2)


@pytest.mark.parametrize("fitter", [fit_quadratic, lambda x, y: fit_polynomial(x, y, degree=4, most_terms=300)])
def test_a_fit_has_the_values_and_the_gradient_of_the_label(fitter: type) -> None:
    rng = np.random.default_rng(0)
    x, test = rng.normal(size=(90, 2, 3)), rng.normal(size=(9, 2, 3))
    found: Fitted = fitter(x, label(x))
    assert found.terms == 27
    assert found(test) == pytest.approx(label(test))
    gradient = test[:, ::-1].copy()
    gradient[:, 0, 0] += 1
    gradient[:, 1, 1] -= 4 * test[:, 1, 1]
    assert found.gradient(test) == pytest.approx(gradient)


def test_the_smallest_family_that_describes_the_label_is_taken() -> None:
    x = np.random.default_rng(0).normal(size=(80, 2, 4))
    u, v = x[:, 0], x[:, 1]
    total = u + v
    labels = {
        10: np.sum(total**2, axis=1),
        14: np.sum(total**2, axis=1) + total[:, 0],
        24: np.sum(u**2 + v**2, axis=1),
        44: np.sum(u**2, axis=1),
    }
    assert [fit_quadratic(x, y).terms for y in labels.values()] == list(labels)


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
def test_the_degree_is_that_of_the_label(degree: int) -> None:
    x = np.random.default_rng(degree).normal(size=(120, 1, 3))
    y = (x[:, 0] @ np.array([1.0, -0.5, 0.3]) + 0.2) ** degree
    assert fit_polynomial(x, y, degree=6, most_terms=1000).degree == degree


def test_structure_is_found_in_what_a_fit_leaves_and_not_in_noise() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 1, 3))
    cubic = x[:, 0, 0] ** 3 - 3 * x[:, 0, 0]
    assert describe(x, 0.1 * cubic / np.sqrt(6)).structured
    rejected = [describe(x, 0.1 * rng.normal(size=100)).structured for _ in range(40)]
    assert np.mean(rejected) <= 0.1
    assert not describe(x, np.zeros(100)).structured


def test_a_fit_suffices_if_little_is_left_or_noise() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 1, 3))
    wave = np.sqrt(2) * np.sin(2 * x[:, 0, 0])
    noise = rng.normal(size=200)
    limits = {"exact": 0.05, "largest": 0.3}
    assert describe(x, 0.03 * wave).suffices(**limits)
    assert not describe(x, 0.2 * wave).suffices(**limits)
    assert describe(x, 0.2 * noise).suffices(**limits)
    assert not describe(x, 0.5 * noise).suffices(**limits)
    few = describe(x[:12], 0.2 * noise[:12])
    assert few.upper > few.unexplained
    assert not few.suffices(**limits)
