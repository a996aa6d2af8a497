"""Brackets and relative defects of polynomial fields, against closed forms and sampling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.polynomial_fields import Box, BracketForms, monomials, powers, with_constant
from symbench.data.orbits.polynomial_systems import SYSTEMS


def field(x: np.ndarray, exponents: np.ndarray, c: np.ndarray) -> np.ndarray:
    return np.asarray(powers(exponents, x) @ c.reshape(x.shape[1], -1).T)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), d=st.integers(2, 3))
def test_the_form_is_the_mean_square_of_the_bracket_by_finite_differences(seed: int, d: int) -> None:
    """[F, L x] = d/dt F(x + t L x) − L F at t = 0; F is cubic, so that a central difference errs by t² only."""
    rng = np.random.default_rng(seed)
    exponents = with_constant(monomials(d, 3))
    low, high = -rng.uniform(0.2, 1, d), rng.uniform(0.2, 1, d)
    forms = BracketForms(exponents, Box(low, high))
    c, generator, t = rng.normal(size=d * len(exponents)), rng.normal(size=(d, d)), 1e-4
    nodes, weights = np.polynomial.legendre.leggauss(5)  # exact up to degree 9, and |[F, L x]|² has degree 6
    axes = [(a + b) / 2 + (b - a) / 2 * nodes for a, b in zip(low, high, strict=True)]
    x = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], axis=1)
    w = np.prod(np.stack(np.meshgrid(*[weights / 2] * d, indexing="ij")), axis=0).ravel()
    moved = x @ generator.T
    along = (field(x + t * moved, exponents, c) - field(x - t * moved, exponents, c)) / (2 * t)
    bracket = along - field(x, exponents, c) @ generator.T
    direction = forms.directions(generator[None])[0]
    assert np.sum((forms.bracket @ c @ direction) ** 2) == pytest.approx(w @ np.sum(bracket**2, axis=1), rel=1e-6)
    assert direction @ direction == pytest.approx(w @ np.sum(moved**2, axis=1) / (w @ np.sum(x**2, axis=1)))
    np.testing.assert_allclose(forms.generators(direction[None])[0], generator, atol=1e-12)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_the_dilation_of_a_homogeneous_field_has_the_defect_p_minus_one(degree: int) -> None:
    exponents = monomials(2, 3)
    c = np.where(exponents.sum(axis=1) == degree, 1.0, 0.0)
    forms = BracketForms(exponents, Box.around_zero(0.7, 2))
    defect = forms.largest_defect(np.concatenate([c, 2 * c]), np.eye(2)[None])
    assert defect == pytest.approx(degree - 1, abs=1e-12)


def test_a_broken_oscillator_has_the_defects_of_the_integrals() -> None:
    """(−y + ε x³, x) on the box: the turn has δ² = ε² (9/15 + 1/7) E‖x‖²/(E‖F‖² E‖J x‖²) with E x² = 1/3."""
    system = SYSTEMS["oscillator-far"]()
    exponents = with_constant(monomials(2, 3))
    c = system.coefficients(exponents)
    size = 2 / 3 + 0.01 / 7
    forms = BracketForms(exponents, Box.around_zero(1.0, 2))
    defect = forms.largest_defect(c, np.array([[[0.0, -1.0], [1.0, 0.0]]]))
    assert defect == pytest.approx(((9 / 15 + 1 / 7) * 0.01 / size) ** 0.5, rel=1e-12)


def test_controls_are_broken_by_more_than_the_tolerance_and_less_in_the_half_box() -> None:
    for name, far in (("lorenz", False), ("hopf-broken", True), ("oscillator-far", True)):
        system = SYSTEMS[name]()
        exponents = with_constant(monomials(system.dimension, 3))
        c = system.coefficients(exponents)
        smallest = [
            BracketForms(exponents, Box.around_zero(half, system.dimension)).stationary(c)[0][0] for half in (1.0, 0.5)
        ]
        assert smallest[0] > 0.06
        assert (smallest[1] < 0.05) == far
