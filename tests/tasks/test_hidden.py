from functools import cache
from pathlib import Path

import numpy as np
import pytest

from symbench.data.container import Dataset
from symbench.data.dynamics import integrate
from symbench.metrics.conservation import functional_rank
from symbench.tasks.base import DataContext
from symbench.tasks.hidden import Hidden, HiddenModes, HiddenOscillator

TASKS: list[Hidden] = [
    HiddenOscillator(trajectories=40, test_trajectories=10),
    HiddenModes(trajectories=40, test_trajectories=10),
    HiddenOscillator(trajectories=40, test_trajectories=10, curvature=1.0),
    HiddenModes(trajectories=40, test_trajectories=10, curvature=0.0),
]


@cache
def orbits(task: Hidden) -> Dataset:
    return task.load(DataContext(Path("unused")))


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_the_known_quantities_drift_below_a_millionth_and_have_their_gradients(task: Hidden) -> None:
    data, truth = orbits(task), task.conserved()
    n, steps, dimension = data.vectors.shape
    x, velocity = data.vectors.reshape(-1, dimension), data.features.reshape(-1, dimension)
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
    data, seen = orbits(task), task.map()
    start = seen.plain(data.vectors[:, 0])
    plain = integrate(task.plain().flow, start, steps=task.steps, dt=task.time_step, substeps=4)
    flat = plain.reshape(-1, plain.shape[2])
    np.testing.assert_allclose(seen.seen(flat).reshape(plain.shape), data.vectors, atol=1e-7)
    np.testing.assert_allclose(seen.plain(seen.seen(flat)), flat, atol=1e-12)


def test_the_oscillator_moves_as_its_docstring_says() -> None:
    task = TASKS[2]
    data = orbits(task)
    x1, x2 = data.vectors[..., 0], data.vectors[..., 1]
    expected = np.stack([(1 + x1) * np.log(1 + x2), -(1 + x2) * np.log(1 + x1)], axis=2)
    np.testing.assert_allclose(data.features, expected, atol=1e-12)


def test_curvature_is_part_of_the_identity() -> None:
    assert HiddenOscillator().digest != HiddenOscillator(curvature=0.4).digest
    assert HiddenOscillator().sample(orbits(TASKS[0])).truth is None


def test_orbits_repeat() -> None:
    assert orbits(TASKS[1]).digest == TASKS[1].load(DataContext(Path("unused"))).digest
