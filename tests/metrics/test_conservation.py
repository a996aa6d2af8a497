from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.data.orbits.integrate import quadratic
from symbench.data.samples import ConservedQuantities
from symbench.metrics import conservation
from symbench.metrics.conservation import FloatArray, explained, flow_defects, frame_of, functional_rank, span_shares
from symbench.metrics.discovery.constants_dropped import drop_constants
from symbench.metrics.discovery.drift import drifts

RNG = np.random.default_rng(0)
STATES = RNG.standard_normal((600, 4))
Differentiable = tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]  # value and gradient


def functions(*pairs: Differentiable) -> ConservedQuantities:
    """From (value, gradient) pairs of functions of states."""
    return ConservedQuantities(
        len(pairs),
        lambda x: np.stack([value(x) for value, _ in pairs], axis=1),
        lambda x: np.stack([gradient(x) for _, gradient in pairs], axis=1),
    )


def linear(direction: list[float], shift: float = 0.0) -> Differentiable:
    c = np.array(direction)
    return (lambda x: x @ c + shift), (lambda x: np.broadcast_to(c, x.shape))


def matrix_units(*indices: int) -> ConservedQuantities:
    return quadratic(np.stack([np.diag(np.eye(4)[i]) for i in indices]))


# Frames.


def test_a_frame_has_unit_covariance_and_leads_back() -> None:
    mixing = RNG.standard_normal((3, 5)) * np.array([1e-3, 1, 1e3, 1, 1])
    x = RNG.standard_normal((500, 3)) @ mixing + 7
    frame = frame_of(x)
    assert frame.rank == 3
    z = frame.states(x)
    np.testing.assert_allclose(np.cov(z, rowvar=False), np.eye(3), atol=1e-8)
    np.testing.assert_allclose(frame.mean + z @ frame.up, x, rtol=1e-6, atol=1e-6)


def test_the_product_of_gradient_and_velocity_is_the_same_in_a_frame() -> None:
    x = STATES @ RNG.standard_normal((4, 4))
    frame = frame_of(x)
    gradients, velocity = RNG.standard_normal((2, 600, 4))
    np.testing.assert_allclose(
        np.sum(frame.gradients(gradients) * frame.velocities(velocity), axis=1), np.sum(gradients * velocity, axis=1)
    )


def test_no_state_varies() -> None:
    assert frame_of(np.ones((10, 3))).rank == 0
    assert functional_rank(matrix_units(0), np.ones((10, 4))) == 0


# Rank.


def test_functions_of_each_other_count_once() -> None:
    energy = matrix_units(0, 1)
    square = functions(
        (lambda x: energy.values(x)[:, 0], lambda x: energy.gradients(x)[:, 0]),
        (lambda x: energy.values(x)[:, 0] ** 2, lambda x: 2 * energy.values(x)[:, :1] * energy.gradients(x)[:, 0]),
    )
    assert functional_rank(square, STATES) == 1
    assert functional_rank(energy, STATES) == 2
    assert functional_rank(matrix_units(0, 1, 2, 3, 0, 1), STATES) == 4


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(0, 10_000), st.floats(-8, 8))
def test_the_rank_knows_no_units(k: int, seed: int, decades: float) -> None:
    """Neither a linear change of coordinates nor the scale of a function changes it."""
    rng = np.random.default_rng(seed)
    change = np.linalg.qr(rng.standard_normal((4, 4)))[0] * 10.0 ** rng.uniform(-2, 2, 4)
    back = np.linalg.inv(change)
    claim = matrix_units(*range(k))
    moved = ConservedQuantities(
        k,
        lambda x: 10**decades * claim.values(x @ back),
        lambda x: 10**decades * claim.gradients(x @ back) @ back.T,
    )
    assert functional_rank(moved, STATES @ change) == k


def test_directions_out_of_the_data_give_no_rank() -> None:
    """x₃ = −x₂ throughout: E and E + x₂ + x₃ are one function on the data, whatever their gradients off it."""
    x = STATES.copy()
    x[:, 3] = -x[:, 2]
    energy = matrix_units(0)
    both = functions(
        (lambda x: energy.values(x)[:, 0], lambda x: energy.gradients(x)[:, 0]),
        (
            lambda x: energy.values(x)[:, 0] + x[:, 2] + x[:, 3],
            lambda x: energy.gradients(x)[:, 0] + np.array([0, 0, 1, 1]),
        ),
    )
    assert functional_rank(both, x) == 1
    assert functional_rank(both, STATES) == 2


# Constants.


def test_tautologies_are_no_discovery() -> None:
    circle = np.stack([np.cos(STATES[:, 0]), np.sin(STATES[:, 0]), STATES[:, 1], -STATES[:, 1]], axis=1)
    claim = functions(
        (lambda x: x[:, 0] ** 2 + x[:, 1] ** 2, lambda x: 2 * x * np.array([1, 1, 0, 0])),  # constant, on the circle
        linear([0, 0, 1, 1]),  # zero throughout: nothing to compare its rounding with but its gradient
        linear([0, 0, 0, 0], shift=3.0),
        linear([0, 0, 1, 0]),
        linear([0, 0, 1e-9, 0]),  # small, but it varies
        linear([0, 0, 1.0, 0], shift=1e7),  # varies by less than a millionth of itself
    )
    kept = drop_constants(claim, circle)
    assert kept.count == 2
    np.testing.assert_array_equal(kept.values(circle)[:, 0], circle[:, 2])
    assert kept.gradients(circle).shape == (600, 2, 4)


# Along trajectories.


def rotating(n: int = 60, steps: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Orbits of two oscillators of frequencies 1 and √2, states (N, T, 4) and velocities."""
    rng = np.random.default_rng(1)
    t = np.linspace(0, 40, steps)
    omega = np.array([1, np.sqrt(2)])
    r, phase = rng.uniform(0.5, 1.5, (n, 1, 2)), rng.uniform(0, 6.3, (n, 1, 2))
    angle = omega * t[:, None] + phase
    return (
        np.concatenate([r * np.cos(angle), -r * omega * np.sin(angle)], axis=2),
        np.concatenate([-r * omega * np.sin(angle), -r * omega**2 * np.cos(angle)], axis=2),
    )


ENERGIES = quadratic(np.stack([np.diag([1.0, 0, 1, 0]), np.diag([0.0, 2, 0, 1])]))


def test_conserved_quantities_have_neither_drift_nor_defect() -> None:
    x, velocity = rotating()
    assert drifts(ENERGIES, x).max() < 1e-12
    assert flow_defects(ENERGIES, x.reshape(-1, 4), velocity.reshape(-1, 4)).max() < 1e-12


def test_a_coordinate_drifts_entirely_and_a_mixture_in_between() -> None:
    x, velocity = rotating(200, 50)
    position, *rest = linear([1, 0, 0, 0]), linear([0, 0, 0, 0])
    claim = functions(position, *rest)
    assert drifts(claim, x)[0] > 0.95
    assert drifts(claim, x)[1] == 1  # a constant tells nothing apart
    defects = flow_defects(claim, x.reshape(-1, 4), velocity.reshape(-1, 4))
    assert 0.2 < defects[0] <= 1
    assert defects[1] == 1


@settings(max_examples=20, deadline=None)
@given(st.floats(-6, 6), st.floats(-3, 3), st.integers(0, 1000))
def test_drift_and_defect_know_no_units(decades: float, shift: float, seed: int) -> None:
    x, velocity = rotating(20)
    units = 10.0 ** np.random.default_rng(seed).uniform(-3, 3, 4)
    claim = functions(linear([1, 0.5, 0, 0.2]))
    scaled = functions(linear(list(10**decades * np.array([1, 0.5, 0, 0.2]) / units), shift))
    np.testing.assert_allclose(drifts(scaled, x * units), drifts(claim, x), rtol=1e-6)
    np.testing.assert_allclose(
        flow_defects(scaled, (x * units).reshape(-1, 4), (velocity * units).reshape(-1, 4)),
        flow_defects(claim, x.reshape(-1, 4), velocity.reshape(-1, 4)),
        rtol=1e-6,
    )


# Against the truth.


def test_the_span_of_gradients_recalls_what_it_contains() -> None:
    one, two = matrix_units(0, 1), matrix_units(0, 1, 2)
    assert span_shares(one, two, STATES) == pytest.approx((2 / 3, 1))
    assert span_shares(two, one, STATES) == pytest.approx((1, 2 / 3))
    mixed = quadratic(np.stack([np.diag([1.0, 1, 0, 0]), np.diag([1.0, -1, 0, 0])]))
    assert span_shares(mixed, one, STATES) == pytest.approx((1, 1), abs=0.05)  # near an axis they are parallel
    assert span_shares(matrix_units(3), one, STATES) == pytest.approx((0, 0), abs=1e-2)


def test_a_function_of_the_truth_is_explained_and_nothing_else() -> None:
    x, _ = rotating(300, 10)
    group = np.repeat(np.arange(300), 10)
    true = ENERGIES.values(x.reshape(-1, 4))
    shapes = np.stack([np.exp(3 * true[:, 0]), true[:, 0] * true[:, 1], true[:, 0] / true[:, 1]], axis=1)
    assert explained(shapes, true, group).min() > 0.97
    noise = np.random.default_rng(0).standard_normal((300, 2)).repeat(10, axis=0)
    assert explained(noise, true, group).max() < 0.1
    half = explained(true, true[:, :1], group)
    assert half[0] > 0.99
    assert half[1] < 0.1


def test_more_states_of_the_same_trajectories_change_little(monkeypatch: pytest.MonkeyPatch) -> None:
    x, _ = rotating(300, 10)
    group = np.repeat(np.arange(300), 10)
    true = ENERGIES.values(x.reshape(-1, 4))
    unit = (true - true.mean(axis=0)) / true.std(axis=0)
    mixed = np.tanh(unit @ np.array([[0.8, 0.6], [-0.6, 0.8]])) + 0.2 * unit**2
    few = explained(mixed, true, group), explained(true, mixed, group)
    monkeypatch.setattr(conservation, "_STATES", 800)
    many = explained(mixed, true, group), explained(true, mixed, group)
    assert 0.5 < np.min(many) < 0.99  # neither perfect nor nothing: there is something to differ in
    np.testing.assert_allclose(few, many, atol=0.02)


def test_explained_by_nothing_and_of_too_few_trajectories() -> None:
    values = STATES[:, :1]
    assert explained(values, np.zeros((600, 0)), np.arange(600)).tolist() == [0]
    assert explained(np.zeros((600, 0)), values, np.arange(600)).shape == (0,)
    with pytest.raises(ValueError, match="at least 3 trajectories"):
        explained(values, values, np.arange(600) % 2)
