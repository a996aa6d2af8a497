"""Gradients of fits in a chart, transformed back, against closed forms."""

import numpy as np

from symbench.discovery.nullspace.fields import ChartFit
from symbench.discovery.shared.charts import CHARTS
from symbench.discovery.shared.cross_fit import Ensemble
from symbench.discovery.shared.slopes import Slopes
from symbench.tasks.function.cms.ptetaphi import lorentz_fields

RNG = np.random.Generator(np.random.PCG64(8))
X = np.stack([RNG.uniform(0.2, 3, (40, 2)), RNG.normal(0, 1.2, (40, 2)), RNG.uniform(-np.pi, np.pi, (40, 2))], axis=2)


def test_the_chain_rule_of_logarithm_and_circle() -> None:
    """f = log pT + η² + sin φ + 2 cos φ: ∂f = (1/pT, 2η, cos φ − 2 sin φ)."""
    chart = CHARTS["pt_eta_phi"][0]
    pt, eta, phi = np.moveaxis(X, 2, 0)
    one = np.ones_like(pt)
    found = chart.pulled_back(np.stack([one, 2 * eta, one, 2 * one], axis=2), X, np.eye(3))
    np.testing.assert_allclose(
        found, np.stack([1 / pt, 2 * eta, np.cos(phi) - 2 * np.sin(phi)], axis=2), rtol=1e-7, atol=1e-8
    )


def test_the_mass_in_momenta_does_not_change_along_the_six_fields() -> None:
    """M² = PᵀηP with P the sum of light-like momenta, whose gradient 2ηP is pulled back to (pT, η, φ)."""
    chart = CHARTS["pt_eta_phi"][1]
    total = chart.inputs(X).sum(axis=1, keepdims=True) * (2, -2, -2, -2)
    gradient = chart.pulled_back(np.repeat(total, 2, axis=1), X, np.eye(3))
    change = np.einsum("npd,knpd->kn", gradient, lorentz_fields(X, 0.0))
    size = np.einsum("npd,knpd->kn", np.abs(gradient), np.abs(lorentz_fields(X, 0.0)))
    assert np.max(np.abs(change) / size) < 1e-7


def test_only_the_azimuth_of_a_point_counts_modulo_a_turn() -> None:
    for chart in CHARTS["pt_eta_phi"]:
        np.testing.assert_allclose(chart.inputs(X + np.array([0, 0, 2 * np.pi])), chart.inputs(X), atol=1e-12)


def test_gradients_that_are_not_held_in_memory_are_pulled_back_alike() -> None:
    chart = CHARTS["pt_eta_phi"][1]
    of_inputs, inward = RNG.standard_normal((3, 1, *X.shape[:2], 4)), RNG.standard_normal((4, 4))
    label = np.zeros(len(X))
    stored = Ensemble(of_inputs, np.arange(len(X)) % 3, np.ones(len(X), dtype=np.bool_), label, label, 0)
    expected = ChartFit(chart, stored, inward, polynomial=False).at(X, np.eye(3)).stored
    slopes = Slopes(lambda rows: of_inputs[:, 0, rows], of_inputs.shape)
    streamed = Ensemble(slopes, stored.fold, stored.central, label, label, 0)
    found = ChartFit(chart, streamed, inward, polynomial=False).at(X, np.eye(3)).gradients
    assert isinstance(found, Slopes)
    assert found.shape == expected.shape
    rows = np.array([3, 17, 20])
    np.testing.assert_allclose(found.at(rows), expected[:, 0, rows], rtol=1e-12, atol=1e-12)
