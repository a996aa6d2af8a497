"""The reference of a label: its noise is what an exact symmetry shows, and a poor one measures nothing."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from symbench.algebra.bases import so
from symbench.algebra.defects import relative_defects
from symbench.data.splits import Split
from symbench.discovery.shared.reference import Reference, fitted_reference, reference
from symbench.tasks.base import FunctionTask

FloatArray = np.ndarray
Draw = Callable[..., tuple[FunctionTask, Split]]

LORENTZ = np.diag([1.0, -1.0, -1.0, -1.0])


def lorentz(n: int, noise: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Events (n, 1, 4) ~ N(0, 1) and xᵀηx, with noise in units of its spread."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 1, 4))
    label = np.einsum("npi,ij,npj->n", x, LORENTZ, x)
    return x, label + noise * label.std() * rng.normal(size=n)


def both(fitted: Reference, generators: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Defects and floors of generators."""
    defects, floors = (
        relative_defects(generators, g, fitted.x, steepest=fitted.gradient) for g in (fitted.gradient, fitted.noise)
    )
    return defects, floors


def root_mean_square(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2)))


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
def test_an_exact_symmetry_has_the_defect_of_its_floor_and_other_directions_a_larger_one(noise: float) -> None:
    fitted = fitted_reference(*lorentz(400, noise, 1))
    assert fitted.shortcoming() is None
    defects, floors = both(fitted, so(1, 3))
    assert 0.5 < root_mean_square(defects) / root_mean_square(floors) < 2
    wrong, below = both(fitted, np.random.default_rng(2).normal(size=(20, 4, 4)))
    assert np.median(wrong / below) > 2
    assert root_mean_square(wrong) > 3 * root_mean_square(defects)


def test_more_noise_on_the_label_means_a_higher_floor_and_a_lower_r2() -> None:
    fits = [fitted_reference(*lorentz(300, noise, 3)) for noise in (0.0, 0.3, 1.0)]
    floors = [root_mean_square(both(fitted, so(1, 3))[1]) for fitted in fits]
    shares = [fitted.r2[0] for fitted in fits if fitted.r2]
    assert floors == sorted(floors)
    assert shares == sorted(shares, reverse=True)
    explained = 1 / (1 + np.array([0.0, 0.3, 1.0]) ** 2)  # by the exact label
    assert np.all(np.array(shares) < explained + 0.15)


def test_labels_without_relation_to_the_events_are_not_learnt() -> None:
    """At two standard errors, one in 44 of normal deviates would pass; an unlearnt R² is negative in the mean."""
    learnt = 0
    for seed in range(20):
        x, label = lorentz(100, 0.0, seed)
        fitted = fitted_reference(x, np.random.default_rng(seed).permutation(label))
        learnt += fitted.shortcoming() is None
    assert learnt <= 2


@pytest.mark.parametrize("label", [np.ones(100), np.arange(100.0)])
def test_a_constant_label_and_too_few_events_teach_nothing(label: FloatArray) -> None:
    x = np.random.default_rng(0).normal(size=(100, 1, 3))
    kept = 100 if np.ptp(label) == 0 else 10
    reason = fitted_reference(x[:kept], label[:kept]).shortcoming()
    assert reason is not None
    assert "did not learn the label" in reason


def test_two_fits_that_disagree_measure_nothing() -> None:
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(50, 1, 3)), rng.normal(size=(50, 1, 3))
    assert Reference(x, g, 0.2 * g, (0.9, 0.1)).shortcoming() is None
    reason = Reference(x, g, 0.8 * g, (0.9, 0.1)).shortcoming()
    assert reason is not None
    assert "64% of their mean square is noise" in reason


def test_a_frame_or_a_unit_changes_nothing() -> None:
    """Events A x have the gradient A⁻ᵀ ∇f; a label in other units a gradient in these."""
    x, label = lorentz(120, 0.1, 5)
    rng = np.random.default_rng(6)
    a = rng.normal(size=(4, 4)) * np.array([1.0, 10.0, 0.1, 100.0])[:, None]
    here, there = fitted_reference(x, label), fitted_reference(x @ a.T, 1e6 * label + 3)
    assert there.r2 == pytest.approx(here.r2, rel=1e-3)
    expected = 1e6 * here.gradient @ np.linalg.inv(a)
    assert root_mean_square(there.gradient - expected) < 1e-3 * root_mean_square(expected)
    generators = rng.normal(size=(3, 4, 4))
    values = np.einsum("npi,kij,npj->kn", here.gradient, generators, x)
    moved = np.einsum("npi,kij,npj->kn", there.gradient, a @ generators @ np.linalg.inv(a), there.x)
    assert np.allclose(moved, 1e6 * values, rtol=1e-2, atol=1e4 * root_mean_square(values))


def test_the_formula_needs_no_fit_and_has_no_noise() -> None:
    x, label = lorentz(50, 0.0, 0)

    def formula(v: torch.Tensor) -> torch.Tensor:
        return v[:, 0, 0] ** 2 - v[:, 0, 1:].square().sum(dim=1)

    exact = reference(formula, x, label, most=10)
    assert len(exact.x) == 50
    assert exact.r2 is None
    assert exact.shortcoming() is None
    assert np.allclose(exact.gradient, 2 * x @ LORENTZ)
    assert not exact.noise.any()
    assert len(reference(None, x, label, most=40).x) == 40


def test_the_mass_of_recorded_dimuons_is_learnt_and_that_of_a_narrow_window_is_not(draw: Draw) -> None:
    """Events of one narrow window have muons as different as all, and hardly any variation of the mass."""
    task, events = draw("cms-dimuon-mass", 400)
    x, label = task.scaled(events.train), np.asarray(events.train.label)
    whole = fitted_reference(x, label)
    assert whole.shortcoming() is None
    defects, floors = both(whole, so(1, 3))
    assert root_mean_square(defects) < 2 * root_mean_square(floors) < 0.1
    narrow = np.abs(np.sqrt(label) - 91.2) < 2
    assert narrow.sum() > 100
    assert fitted_reference(x[narrow], label[narrow]).shortcoming() is not None
