"""Exact orbits obey the equation of motion and keep energy and angular momentum."""

import numpy as np
import pytest

from symbench.data.orbits.planar_orbits import PlanarOrbits


@pytest.fixture
def orbits() -> PlanarOrbits:
    rng = np.random.default_rng(0)
    return PlanarOrbits(
        axis=rng.uniform(1, 4, 50),
        eccentricity=rng.uniform(0, 0.8, 50),
        orientation=rng.uniform(0, 6, 50),
        anomaly=rng.uniform(0, 6, 50),
        sense=rng.choice([-1.0, 1.0], 50),
        strength=2.0,
    )


def test_the_equation_of_motion_holds(orbits: PlanarOrbits) -> None:
    h = 1e-4
    (before, _), (r, v), (after, _) = (orbits.at(t) for t in (1 - h, 1.0, 1 + h))
    assert np.allclose((after - before) / (2 * h), v, atol=1e-6)
    distance = np.linalg.norm(r, axis=1, keepdims=True)
    assert np.allclose((after - 2 * r + before) / h**2, -2.0 * r / distance**3, atol=1e-5)


def test_energy_and_angular_momentum_stay(orbits: PlanarOrbits) -> None:
    def kept(time: float) -> np.ndarray:
        r, v = orbits.at(time)
        energy = (v**2).sum(axis=1) / 2 - 2.0 / np.linalg.norm(r, axis=1)
        return np.stack([energy, r[:, 0] * v[:, 1] - r[:, 1] * v[:, 0]])

    assert np.allclose(kept(0.0), kept(100.0), rtol=1e-11)
    assert np.allclose(kept(0.0)[0], -1.0 / orbits.axis)
