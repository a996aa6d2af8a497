"""The label spread: closed forms, and laws of every linear change of coordinates."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra import label_spread as module
from symbench.algebra.bases import gl, so
from symbench.algebra.defects import defect_spectrum, relative_defects
from symbench.algebra.label_spread import (
    central_events,
    data_displacement,
    field_label_spreads,
    in_frame_of,
    label_spread_forms,
    label_spread_spectrum,
    label_spreads,
    whitening,
)
from symbench.algebra.naming import name_of
from symbench.algebra.subspace import overlap, second_moment
from symbench.metrics.label import label_gradient
from symbench.tasks.base import DataContext
from symbench.tasks.function.cms.dimuon import DimuonMass

FloatArray = np.ndarray


def boost(rapidity: float) -> FloatArray:
    matrix = np.eye(4)
    matrix[[0, 3], [0, 3]] = np.cosh(rapidity)
    matrix[[0, 3], [3, 0]] = np.sinh(rapidity)
    return matrix


def dimuons() -> tuple[FloatArray, FloatArray, float]:
    """Recorded four-momenta of pairs near the Z, ∇M, and Var M."""
    task = DimuonMass(label="mass")
    x = task.scaled(task.load(DataContext(Path())))
    pair = x.sum(axis=1)
    mass = np.sqrt(pair[:, 0] ** 2 - np.sum(pair[:, 1:] ** 2, axis=1))
    return x, label_gradient(task.label_function(), x), float(mass.var())


def transformed(x: FloatArray, gradients: FloatArray, change: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Vectors and gradients in the coordinates x′ = A x."""
    return x @ change.T, gradients @ np.linalg.inv(change)


def test_closed_forms_of_the_norm_of_normal_vectors() -> None:
    """‖x‖² in d dimensions: 0 for rotations, 2 for a traceless strain, √(2(d + 2)) for a dilation."""
    d = 3
    x = np.random.Generator(np.random.PCG64(0)).standard_normal((200_000, 1, d))
    f = np.sum(x**2, axis=(1, 2))
    generators = np.stack([so(3)[0], np.diag([1.0, -1.0, 0.0]), np.eye(d)])
    spreads = label_spreads(generators, 2 * x, x, float(f.var()))
    np.testing.assert_allclose(spreads, [0, 2, np.sqrt(2 * (d + 2))], rtol=0.02, atol=1e-12)


def test_the_mean_direction_of_a_linear_label_has_spread_one() -> None:
    x = np.random.Generator(np.random.PCG64(1)).standard_normal((100_000, 1, 4))
    gradients = np.broadcast_to(np.array([0.0, 3.0, 0.0, 0.0]), x.shape)
    spread = label_spreads(np.eye(4)[None], gradients, x, float(np.var(3 * x[:, 0, 1])))
    assert spread[0] == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("rapidity", [0.0, 1.0, 3.0])
def test_recorded_pairs_have_six_symmetries_in_every_frame(rapidity: float) -> None:
    """The relative defect finds more in a frame that moves: 1 − cos of nearly light-like vectors is small."""
    x, gradients, variance = dimuons()
    moved, slopes = transformed(x, gradients, boost(rapidity))
    spectrum, directions = label_spread_spectrum(slopes, moved, variance)
    at_rest, _ = label_spread_spectrum(gradients, x, variance)
    np.testing.assert_allclose(spectrum[6:], at_rest[6:], rtol=1e-6)
    assert np.all(spectrum[:6] < 0.002)
    assert spectrum[6] > 2
    assert name_of(in_frame_of(moved, directions[:6])) == "so(1,3)"
    if rapidity == 3:
        dilation = np.eye(4)[None]
        assert relative_defects(dilation, slopes, moved)[0] < 0.05  # a defect would call it a symmetry
        assert label_spreads(dilation, slopes, moved, variance)[0] > 2


@settings(max_examples=25, deadline=None)
@given(
    entries=st.lists(st.floats(-1, 1), min_size=16, max_size=16),
    scales=st.lists(st.floats(-1.5, 1.5), min_size=4, max_size=4),
    order=st.permutations(range(4)),
)
def test_no_linear_change_of_coordinates_alters_the_spectrum(
    entries: list[float], scales: list[float], order: list[int]
) -> None:
    """Mixtures, units of up to 1 : 1,000 and permutations; the generators are conjugated."""
    mixture = np.eye(4) + 0.2 * np.array(entries).reshape(4, 4)
    change = np.diag(10.0 ** np.array(scales)) @ mixture[order]
    rng = np.random.Generator(np.random.PCG64(2))
    x, gradients = rng.standard_normal((120, 2, 4)) + 0.5, rng.standard_normal((120, 2, 4))
    moved, slopes = transformed(x, gradients, change)
    one, directions = label_spread_spectrum(gradients, x, 1.7)
    other, _ = label_spread_spectrum(slopes, moved, 1.7)
    np.testing.assert_allclose(other, one, rtol=1e-7)
    conjugated = change @ directions @ np.linalg.inv(change)
    np.testing.assert_allclose(label_spreads(conjugated, slopes, moved, 1.7), one, rtol=1e-7)
    np.testing.assert_allclose(data_displacement(conjugated, moved), 1, rtol=1e-8)
    white = whitening(moved)
    np.testing.assert_allclose(white.coordinates(moved), whitening(x).coordinates(x), atol=1e-8)
    assert np.array_equal(central_events(moved), central_events(x))


def test_the_forms_are_those_of_the_spectrum_and_of_fields() -> None:
    rng = np.random.Generator(np.random.PCG64(3))
    x, gradients = rng.standard_normal((80, 2, 3)) + 1, rng.standard_normal((80, 2, 3))
    ratios, _ = defect_spectrum(*label_spread_forms(gradients, x, 0.4))
    spectrum, directions = label_spread_spectrum(gradients, x, 0.4)
    np.testing.assert_allclose(np.sqrt(ratios), spectrum, rtol=1e-9)
    generators = gl(3)
    values = np.einsum("kij,npj->knpi", generators, x)
    by_field = field_label_spreads(values, gradients, x, 0.4)
    np.testing.assert_allclose(by_field, label_spreads(generators, gradients, x, 0.4), rtol=1e-12)
    assert spectrum[0] <= by_field.min()
    assert by_field.max() <= spectrum[-1]
    np.testing.assert_allclose(label_spreads(directions, gradients, x, 0.4), spectrum, rtol=1e-9)


def test_a_generator_that_moves_no_data_has_no_spread() -> None:
    x = np.random.Generator(np.random.PCG64(4)).standard_normal((50, 1, 3)) * (1, 1, 0)
    idle = np.zeros((1, 3, 3))
    idle[0, 0, 2] = 1
    assert label_spreads(idle, np.ones_like(x), x, 1.0)[0] == np.inf
    spectrum, directions = label_spread_spectrum(2 * x, x, float(np.var(np.sum(x**2, axis=(1, 2)))))
    assert len(spectrum) == 4  # of the plane only
    assert np.all(directions[:, :, 2] == 0)


def test_a_gap_below_which_a_direction_is_no_symmetry() -> None:
    """The mass of two nearly parallel massless vectors: the dilation changes it, and all other maps far more.

    So the group of a mass up to a factor stands out of the spectrum of any label that depends on it.
    """
    rng = np.random.Generator(np.random.PCG64(0))
    n = 2_000
    pt, phi, eta = rng.exponential(size=(n, 2)) + 0.3, rng.uniform(-np.pi, np.pi, (n, 1)), rng.uniform(-2, 2, (n, 1))
    phi, eta = phi + 0.2 * rng.standard_normal((n, 2)), eta + 0.2 * rng.standard_normal((n, 2))
    x = np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=2)
    lowered = x.sum(axis=1) @ np.diag([1.0, -1.0, -1.0, -1.0])
    squared = np.sum(lowered * x.sum(axis=1), axis=1)
    kept = squared > np.quantile(squared, 0.02)
    gradient = np.repeat((2 * lowered / squared[:, None])[kept, None], 2, axis=1)
    sigma, directions = label_spread_spectrum(gradient, x[kept], float(np.var(np.log(squared[kept]))))
    assert sigma[5] < 1e-6
    assert 0.2 < sigma[6] < 2  # the dilation, no symmetry
    assert sigma[7] > 20 * sigma[6]
    truth = np.concatenate([so(1, 3), np.eye(4)[None]])
    assert np.max(overlap(directions[:7], truth, second_moment(x)).angles) < 1e-2


def test_samples_that_are_transformed_in_parts_have_the_same_whitening(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    x = rng.standard_normal((701, 2, 3)) ** 3 @ np.diag([1e4, 1.0, 1e-3]) + 5.0
    x[..., 2] = x[..., 0] - 2 * x[..., 1]  # a support of two dimensions
    whole, central = whitening(x), central_events(x)
    lengths = data_displacement(gl(3), x)
    monkeypatch.setattr(module, "_AT_ONCE", 100)
    parts = whitening(x)
    assert parts.spread.shape == (3, 2)
    np.testing.assert_allclose(parts.coordinates(x), whole.coordinates(x), atol=1e-9)
    np.testing.assert_array_equal(central_events(x), central)
    np.testing.assert_allclose(data_displacement(gl(3), x), lengths, rtol=1e-9)
