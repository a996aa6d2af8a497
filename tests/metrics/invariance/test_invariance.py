"""Invariance errors of functions whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from symbench import registry
from symbench.algebra.lorentz import boost_generators, rotation_generators
from symbench.metrics.invariance.flip_rate import flip_rate
from symbench.metrics.invariance.invariance import invariance_error, over_grid
from symbench.metrics.invariance.lie import lie_ratio
from symbench.metrics.operations.moved import operation_rng

LORENTZ = [operation.name for operation in registry.operations() if operation.kind == "lorentz"]
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


def moved(operation: str, jets: np.ndarray, **settings: object) -> np.ndarray:
    found = registry.find_operation(operation)
    everyone = np.ones(jets.shape[:2], dtype=bool)
    return found.move(found.settings(settings), jets, everyone, operation_rng(operation, 0)).vectors


@pytest.mark.parametrize("operation", LORENTZ)
def test_mass_is_invariant_under_the_lorentz_group_and_energy_under_rotations_alone(
    operation: str, jets: np.ndarray
) -> None:
    after = moved(operation, jets)
    error = invariance_error(mass(jets), mass(after))
    assert error is not None
    assert error < 1e-12
    assert flip_rate(mass(jets) - 50, mass(after) - 50) == 0
    changed = invariance_error(energy(jets), energy(after))
    assert changed is not None
    assert (changed > 0.1) == operation.endswith("boost")
    assert (flip_rate(energy(jets) - 150, energy(after) - 150) > 0.02) == operation.endswith("boost")


def test_finite_errors_in_closed_form(jets: np.ndarray) -> None:
    """Mass under a change of scale: |λ − 1| √⟨M²⟩ / SD(M). Energy under a boost by y along the beam, either way:
    E' − E = (cosh y − 1) E ± sinh y p_z, whose mean square over the sign has no cross term.
    """
    m, e, pz = mass(jets), energy(jets), jets[..., 3].sum(axis=1)
    found = invariance_error(m, mass(moved("scale", jets, factor=3.0)))
    assert found == pytest.approx(2 * np.sqrt(np.mean(m**2)) / m.std())
    many = np.tile(jets, (40, 1, 1))
    y = 0.8
    expected = np.sqrt(np.mean(((np.cosh(y) - 1) * e) ** 2 + (np.sinh(y) * pz) ** 2)) / e.std()
    assert invariance_error(energy(many), energy(moved("beam_boost", many, rapidity=y))) == pytest.approx(
        expected, rel=0.02
    )


def test_invariance_error_is_relative_to_the_spread() -> None:
    z = np.random.default_rng(0).normal(size=1000) * 3
    assert invariance_error(z, z + 0.3 * z.std()) == pytest.approx(0.3)
    assert invariance_error(np.ones(3), np.zeros(3)) is None
    assert over_grid([0.3, 0.4]) == pytest.approx(np.sqrt(0.125))


def test_two_centred_logits_say_the_same_as_their_difference() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.normal(size=(2, 500, 2))
    one = [invariance_error(z[:, 1] - z[:, 0], w[:, 1] - w[:, 0]) for z, w in [(before, after)]]
    centred = [z - z.mean(axis=1, keepdims=True) for z in (before, after)]
    assert invariance_error(*centred) == pytest.approx(one[0])
    assert flip_rate(*centred) == flip_rate(before[:, 1] - before[:, 0], after[:, 1] - after[:, 0])


def lie_error(gradient: np.ndarray, x: np.ndarray, generator: np.ndarray) -> float | None:
    """The error of one output from its gradient at vectors x, both (N, P, 4)."""
    change = x @ generator.T
    along, slope, length = (
        np.einsum("npi,npi->n", a, b) for a, b in ((gradient, change), (gradient, gradient), (change, change))
    )
    return lie_ratio(along[:, None], slope, length)


def test_lie_derivative_errors_in_closed_form(jets: np.ndarray) -> None:
    total = jets.sum(axis=1, keepdims=True)
    of_squared_mass = np.broadcast_to(2 * ETA * total, jets.shape)
    of_energy = np.broadcast_to([1.0, 0, 0, 0], jets.shape)
    for generator in (*rotation_generators(), *boost_generators()):
        error = lie_error(of_squared_mass, jets, generator)
        assert error is not None
        assert error < 1e-28
    for generator in rotation_generators():
        assert lie_error(of_energy, jets, generator) == 0
    # K_z moves E by p_z: (Σ p_z)² over P · Σ (E² + p_z²)
    expected = np.mean(total[:, 0, 3] ** 2) / np.mean(5 * (jets[..., 0] ** 2 + jets[..., 3] ** 2).sum(axis=1))
    assert lie_error(of_energy, jets, boost_generators()[2]) == pytest.approx(expected)
    assert lie_error(np.zeros_like(jets), jets, boost_generators()[2]) is None


def test_lie_derivative_error_is_one_for_motion_along_the_gradient() -> None:
    x = np.random.default_rng(0).normal(size=(1, 4, 4))
    generator = boost_generators()[0]
    assert lie_error(x @ generator.T, x, generator) == pytest.approx(1)
