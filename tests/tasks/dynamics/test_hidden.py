from functools import cache
from pathlib import Path

import numpy as np
import pytest

from symbench.data.container import Dataset
from symbench.data.orbits.integrate import integrate
from symbench.data.orbits.schwarzschild import RadialMotion
from symbench.metrics.conservation import functional_rank
from symbench.tasks.base import DataContext
from symbench.tasks.dynamics.hidden import Hidden, HiddenModes, HiddenOscillator
from symbench.tasks.dynamics.schwarzschild import SchwarzschildOrbits
from symbench.tasks.dynamics.simulated import Dynamics

TASKS: list[Hidden] = [
    HiddenOscillator(trajectories=40, test_trajectories=10),
    HiddenModes(trajectories=40, test_trajectories=10),
    HiddenOscillator(trajectories=40, test_trajectories=10, curvature=1.0),
    HiddenModes(trajectories=40, test_trajectories=10, curvature=0.0),
]

BLACK_HOLE = SchwarzschildOrbits(trajectories=40, test_trajectories=10)


@cache
def orbits(task: Dynamics) -> Dataset:
    return task.load(DataContext(Path("unused")))


@pytest.mark.parametrize("task", [*TASKS, BLACK_HOLE], ids=repr)
def test_the_known_quantities_drift_below_a_millionth_and_have_their_gradients(task: Dynamics) -> None:
    data, truth = orbits(task), task.conserved()
    n, steps, dimension = data.vectors.shape
    assert data.features is not None
    x, velocity = data.vectors.astype(np.float64).reshape(-1, dimension), data.features.reshape(-1, dimension)
    values = truth.values(x).reshape(n, steps, -1)
    assert np.abs(values - values[:, :1]).max() < 1e-7
    gradients = truth.gradients(x)
    assert np.abs(np.einsum("mkd,md->mk", gradients, velocity)).max() < 1e-9
    assert functional_rank(truth, x) == truth.count == len(task.conserved_names())
    some, step = x[::37], 1e-5
    for i, unit in enumerate(np.eye(dimension)):
        slope = (truth.values(some + step * unit) - truth.values(some - step * unit)) / (2 * step)
        np.testing.assert_allclose(gradients[::37, :, i], slope, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_it_is_the_plain_motion_seen_through_the_map(task: Hidden) -> None:
    """φ maps plain orbits to those of the task, and back."""
    data, phi = orbits(task), task.map()
    start = phi.plain(data.vectors[:, 0].astype(np.float64))
    plain = integrate(task.plain().flow, start, steps=task.steps, dt=task.time_step, substeps=4)
    flat = plain.reshape(-1, plain.shape[2])
    np.testing.assert_allclose(phi.curved(flat).reshape(plain.shape), data.vectors, atol=1e-7)
    np.testing.assert_allclose(phi.plain(phi.curved(flat)), flat, atol=1e-12)


def test_the_oscillator_moves_as_its_docstring_says() -> None:
    task = TASKS[2]
    data = orbits(task)
    x1, x2 = data.vectors[..., 0], data.vectors[..., 1]
    expected = np.stack([(1 + x1) * np.log(1 + x2), -(1 + x2) * np.log(1 + x1)], axis=2)
    assert data.features is not None
    np.testing.assert_allclose(data.features, expected, atol=1e-12)


def test_curvature_is_part_of_the_identity() -> None:
    assert HiddenOscillator().digest != HiddenOscillator(curvature=0.4).digest
    assert HiddenOscillator().sample(orbits(TASKS[0])).truth is None


def test_orbits_repeat() -> None:
    assert orbits(TASKS[1]).digest == TASKS[1].load(DataContext(Path("unused"))).digest


def test_orbits_around_a_black_hole_are_those_of_its_hamiltonian() -> None:
    """ẇ and u̇ are what Hamilton's equations of E(r, p) = √(f (1 + L²/r² + f p²)) say."""
    motion, data = RadialMotion(4.0), orbits(BLACK_HOLE)
    x = data.vectors.astype(np.float64).reshape(-1, 2)[::7]
    r, speed = motion.radius_and_speed(x)
    p, f, omega = motion.momentum(x), 1 - 2 / r, motion.frequency
    energy = np.sqrt(f * (1 + 16 / r**2 + f * p**2))
    np.testing.assert_allclose(energy, motion.energy(x), rtol=1e-12)
    np.testing.assert_allclose(speed, f**2 * p / energy, rtol=1e-9, atol=1e-12)  # ∂E/∂p
    step = 1e-4
    force = -sum(
        sign * np.sqrt((1 - 2 / at) * (1 + 16 / at**2 + (1 - 2 / at) * p**2))
        for sign, at in ((1, r + step), (-1, r - step))
    ) / (2 * step)
    ahead = 1e-5
    moved = (motion.momentum(x + ahead * motion.flow(x)) - motion.momentum(x - ahead * motion.flow(x))) / (2 * ahead)
    np.testing.assert_allclose(moved * omega, force, rtol=1e-5, atol=1e-8)


def test_the_circular_orbit_stays_and_small_oscillations_have_the_unit_frequency() -> None:
    motion = RadialMotion(4.0)
    assert motion.circular == pytest.approx(12)
    np.testing.assert_allclose(motion.flow(np.array([[1.0, 0.0]])), 0, atol=1e-12)
    step = 1e-5
    slope = (motion.flow(np.array([[1 + step, 0.0]])) - motion.flow(np.array([[1 - step, 0.0]]))) / (2 * step)
    assert slope[0, 1] == pytest.approx(1, abs=1e-6)  # ü = −u·1: w grows where r falls
    with pytest.raises(ValueError, match="L² must exceed 12"):
        _ = RadialMotion(3.4).circular
