"""Invariance errors of functions whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.algebra.lorentz import boost_generators, rotation_generators
from symbench.metrics import invariance as inv
from symbench.metrics.operations import OPERATIONS

ETA = np.array([1.0, -1.0, -1.0, -1.0])


@pytest.fixture(scope="module")
def jets() -> np.ndarray:
    p = np.random.default_rng(0).normal(size=(300, 5, 3)) * 20
    return np.concatenate([np.linalg.norm(p, axis=-1, keepdims=True), p], axis=-1)


def mass(x: np.ndarray) -> np.ndarray:
    total = x.sum(axis=1)
    return np.asarray(np.sqrt(np.maximum((ETA * total**2).sum(axis=-1), 0)))


def energy(x: np.ndarray) -> np.ndarray:
    return np.asarray(x[..., 0].sum(axis=1))


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_mass_is_invariant_under_every_operation_and_energy_under_rotations_alone(
    operation: str, jets: np.ndarray
) -> None:
    settings = OPERATIONS[operation].settings({})
    matrices = inv.draw(operation, settings, len(jets), inv.operation_rng(operation, 0))
    moved = inv.transform(matrices, jets)
    assert inv.invariance_error(mass(jets), mass(moved)) < 1e-12
    assert inv.flip_rate(mass(jets) - 50, mass(moved) - 50) == 0
    changed = inv.invariance_error(energy(jets), energy(moved))
    assert changed is not None
    assert (changed > 0.1) == operation.endswith("boost")
    assert (inv.flip_rate(energy(jets) - 150, energy(moved) - 150) > 0.02) == operation.endswith("boost")


@pytest.mark.parametrize("operation", ["beam_rotation", "beam_boost"])
def test_operations_on_the_beam_keep_its_axis(operation: str) -> None:
    matrices = inv.draw(operation, OPERATIONS[operation].settings({}), 50, np.random.default_rng(0))
    beams = inv.transform(matrices, np.array([[1.0, 0, 0, 1.0], [1.0, 0, 0, -1.0]]))
    np.testing.assert_allclose(beams[..., 1:3], 0, atol=1e-15)


def test_the_rapidity_is_the_strength_asked_for() -> None:
    matrices = inv.draw("boost", {"rapidity": 0.7}, 20, np.random.default_rng(0))
    np.testing.assert_allclose(matrices[:, 0, 0], np.cosh(0.7))


def test_draws_repeat_by_seed_and_differ_between_seeds() -> None:
    def drawn(seed: int) -> np.ndarray:
        return inv.draw("rotation", {}, 3, inv.operation_rng("rotation", seed))

    np.testing.assert_array_equal(drawn(1), drawn(1))
    assert not np.allclose(drawn(1), drawn(2))


def test_an_unknown_operation_is_named_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'boost'"):
        inv.draw("bost", {}, 1, np.random.default_rng(0))


def test_invariance_error_is_relative_to_the_spread() -> None:
    z = np.random.default_rng(0).normal(size=1000) * 3
    assert inv.invariance_error(z, z + 0.3 * z.std()) == pytest.approx(0.3)
    assert inv.invariance_error(np.ones(3), np.zeros(3)) is None


def test_lie_derivative_errors_in_closed_form(jets: np.ndarray) -> None:
    total = jets.sum(axis=1, keepdims=True)
    of_squared_mass = np.broadcast_to(2 * ETA * total, jets.shape)
    of_energy = np.broadcast_to([1.0, 0, 0, 0], jets.shape)
    for generator in (*rotation_generators(), *boost_generators()):
        assert inv.lie_derivative_error(of_squared_mass, jets, generator) < 1e-28
    for generator in rotation_generators():
        assert inv.lie_derivative_error(of_energy, jets, generator) == 0
    # K_z moves E by p_z: (Σ p_z)² over P · Σ (E² + p_z²)
    expected = np.mean(total[:, 0, 3] ** 2) / np.mean(5 * (jets[..., 0] ** 2 + jets[..., 3] ** 2).sum(axis=1))
    assert inv.lie_derivative_error(of_energy, jets, boost_generators()[2]) == pytest.approx(expected)
    assert inv.lie_derivative_error(np.zeros_like(jets), jets, boost_generators()[2]) is None


def test_lie_derivative_error_is_one_for_motion_along_the_gradient() -> None:
    x = np.random.default_rng(0).normal(size=(1, 4, 4))
    generator = boost_generators()[0]
    assert inv.lie_derivative_error(x @ generator.T, x, generator) == pytest.approx(1)
