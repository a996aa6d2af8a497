"""Residuals of single events: their root mean square is the label spread, and no linear map of the data alters them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.bases import so
from symbench.algebra.label_spread import central_events, field_label_spreads
from symbench.data.samples import ConservedQuantities
from symbench.metrics.discovery.drift import drifts
from symbench.metrics.fields import linear_fields
from symbench.metrics.residuals import residual_arrays, residuals_along, residuals_of_quantities

FloatArray = npt.NDArray[np.float64]


def _sample(seed: int, n: int = 60) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Events (n, 2, 3), a label ‖x₁‖² + x₂·(1, 2, 3), and its gradient."""
    x = np.random.default_rng(seed).normal(size=(n, 2, 3))
    slope = np.array([1.0, 2.0, 3.0])
    label = (x[:, 0] ** 2).sum(axis=1) + x[:, 1] @ slope
    return x, label, np.stack([2 * x[:, 0], np.broadcast_to(slope, (n, 3))], axis=1)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_the_root_mean_square_is_the_label_spread(seed: int) -> None:
    x, label, gradient = _sample(seed)
    domain = central_events(x)
    values = linear_fields(np.random.default_rng(seed + 1).normal(size=(3, 3, 3)))(x)
    variance = float(label[domain].var())
    residuals = residuals_along(values, gradient, x, variance, domain)
    expected = field_label_spreads(values[:, domain], gradient[domain], x[domain], variance)
    assert np.sqrt(np.mean(residuals[domain] ** 2, axis=0)) == pytest.approx(expected, rel=1e-10)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), unit=st.sampled_from([1e-3, 1.0, 50.0]))
def test_neither_frame_nor_unit_nor_length_of_a_generator_counts(seed: int, unit: float) -> None:
    x, label, gradient = _sample(seed)
    domain = np.ones(len(x), dtype=np.bool_)
    generator = np.random.default_rng(seed + 1).normal(size=(1, 3, 3))
    frame = unit * (np.eye(3) + 0.3 * np.random.default_rng(seed + 2).normal(size=(3, 3)))
    back = np.linalg.inv(frame)
    once = residuals_along(linear_fields(generator)(x), gradient, x, float(label.var()), domain)
    moved = x @ frame.T
    values = linear_fields(7.0 * frame @ generator @ back)(moved)
    again = residuals_along(values, gradient @ back, moved, float(label.var()), domain)
    assert again == pytest.approx(once, rel=1e-6, abs=1e-9)


def test_a_symmetry_has_none_and_one_event_with_another_label_stands_out() -> None:
    x = np.random.default_rng(0).normal(size=(200, 1, 3))
    gradient = 2 * x
    gradient[17] += 5.0
    domain = np.ones(200, dtype=np.bool_)
    residuals = residuals_along(linear_fields(so(3))(x), gradient, x, float((x**2).sum(axis=2).var()), domain)
    largest = np.abs(residuals).max(axis=1)
    assert largest.argmax() == 17
    assert largest[17] > 1
    assert np.delete(largest, 17).max() < 1e-12


def test_trajectories_have_the_drift_as_root_mean_square() -> None:
    x = np.random.default_rng(0).normal(size=(12, 9, 2))
    x[:, :, 0] = np.arange(12)[:, None]  # constant along each trajectory

    def values(states: FloatArray) -> FloatArray:
        return np.stack([states[:, 0], states[:, 1], np.ones(len(states))], axis=1)

    claim = ConservedQuantities(3, values, lambda states: np.zeros((len(states), 3, 2)))
    residuals = residuals_of_quantities(claim, x)
    assert residuals.shape == (12, 3)
    assert np.sqrt(np.mean(residuals**2, axis=0)) == pytest.approx(drifts(claim, x))
    assert (residuals[:, 0] == 0).all()
    assert (residuals[:, 2] == 1).all(), "a function that is constant everywhere says nothing"


def test_a_trial_keeps_the_first_thousand_with_exact_ids() -> None:
    ids = np.arange(2**63, 2**63 + 3_000, dtype=np.uint64)
    kept = residual_arrays(np.ones((3_000, 2)), ids)
    assert kept["residuals"].shape == (1_000, 2)
    assert kept["residual_events"].tolist() == ids[:1_000].tolist()
