"""Lorentz transformations: laws of the group, and the exponential of each generator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from symbench.algebra import lorentz
from symbench.algebra.bases import so
from symbench.algebra.subspace import overlap

ETA = np.diag([1.0, -1.0, -1.0, -1.0])


def test_the_generators_span_so13() -> None:
    generators = np.concatenate([lorentz.rotation_generators(), lorentz.boost_generators()])
    np.testing.assert_array_equal(generators.transpose(0, 2, 1) @ ETA + ETA @ generators, 0)
    found = overlap(generators, so(1, 3))
    assert found.recall == pytest.approx(1)
    assert found.precision == pytest.approx(1)


@pytest.mark.parametrize("axis", [0, 1, 2])
@given(rapidity=st.floats(-3, 3))
def test_a_boost_is_the_exponential_of_its_generator_and_adds_rapidity(axis: int, rapidity: float) -> None:
    direction = np.eye(3)[[axis]]
    (boost,) = lorentz.boosts(direction, np.array([rapidity]))
    np.testing.assert_allclose(boost, expm(rapidity * lorentz.boost_generators()[axis]), atol=1e-12)
    energy, momentum = (boost @ [1.0, 0.0, 0.0, 0.0])[[0, 1 + axis]]
    assert np.arctanh(momentum / energy) == pytest.approx(rapidity, abs=1e-12)


@given(angle=st.floats(-7, 7))
def test_a_beam_rotation_is_the_exponential_of_its_generator(angle: float) -> None:
    (rotation,) = lorentz.beam_rotations(np.array([angle]))
    np.testing.assert_allclose(rotation, expm(angle * lorentz.rotation_generators()[2]), atol=1e-12)


def test_every_transformation_preserves_the_metric_and_the_arrow_of_time() -> None:
    rng = np.random.default_rng(0)
    directions = lorentz.random_directions(200, rng)
    for matrices in (
        lorentz.boosts(directions, rng.uniform(-2, 2, 200)),
        lorentz.random_rotations(200, rng),
        lorentz.beam_rotations(rng.uniform(-4, 4, 200)),
    ):
        np.testing.assert_allclose(matrices.transpose(0, 2, 1) @ ETA @ matrices, np.tile(ETA, (200, 1, 1)), atol=1e-11)
        np.testing.assert_allclose(np.linalg.det(matrices), 1, atol=1e-11)
        assert (matrices[:, 0, 0] >= 1 - 1e-12).all()


def test_random_rotations_have_the_moments_of_the_haar_measure() -> None:
    n = 20000
    rotations = lorentz.random_rotations(n, np.random.default_rng(1))[:, 1:, 1:]
    # E[R_ij] = 0, E[R_ij²] = 1/3, E[(tr R)²] = 1 (the character of an irreducible representation)
    np.testing.assert_allclose(rotations.mean(axis=0), 0, atol=5 / np.sqrt(3 * n))
    np.testing.assert_allclose((rotations**2).mean(axis=0), 1 / 3, atol=0.011)
    assert np.mean(np.trace(rotations, axis1=1, axis2=2) ** 2) == pytest.approx(1, abs=0.06)
