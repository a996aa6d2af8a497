"""Leave-one-out errors in closed form against fits that leave an event out."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.discovery.shared import ridge
from symbench.discovery.shared.ridge import ridge_fit


@pytest.mark.parametrize("columns", [3, 9, 25])
@pytest.mark.parametrize("penalty", [1e-9, 1e-3, 1.0])
def test_errors_are_those_of_fits_without_the_event(
    columns: int, penalty: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with more features than events, for which 1 − H is nearly 0."""
    rng = np.random.default_rng(columns)
    features, y = rng.normal(size=(12, columns)), rng.normal(size=12)
    monkeypatch.setattr(ridge, "_PENALTIES", np.array([penalty]))
    found = ridge_fit(features, y)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    weight = penalty * np.linalg.norm(scaled, 2) ** 2
    for i in range(12):
        kept = np.arange(12) != i
        centre, middle = scaled[kept].mean(axis=0), y[kept].mean()
        inputs = scaled[kept] - centre
        c = inputs.T @ np.linalg.solve(inputs @ inputs.T + weight * np.eye(11), y[kept] - middle)
        assert found.left_out[i] == pytest.approx(y[i] - middle - (scaled[i] - centre) @ c, rel=1e-6)


def test_the_fit_does_not_depend_on_the_units_of_columns() -> None:
    rng = np.random.default_rng(0)
    features, y = rng.normal(size=(30, 5)), rng.normal(size=30)
    units = np.array([1.0, 1e3, 1e-3, 5.0, 1e6])
    plain, scaled = ridge_fit(features, y), ridge_fit(features * units, y)
    assert scaled.coefficients * units == pytest.approx(plain.coefficients)
    assert scaled.loss == pytest.approx(plain.loss)


def test_a_linear_label_is_fitted_exactly_and_a_random_one_hardly() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(40, 6))
    exact = ridge_fit(features, features @ np.arange(6.0) + 2)
    assert exact.coefficients == pytest.approx(np.arange(6.0))
    assert exact.constant == pytest.approx(2)
    assert exact.loss < 1e-20
    noise = rng.normal(size=40)
    assert ridge_fit(features, noise).loss > 0.8 * np.var(noise)
    assert np.all(ridge_fit(np.ones((40, 2)), noise).coefficients == 0)
