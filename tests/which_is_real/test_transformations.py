"""Named transformations: involutions, products in either order, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.registry import find_task
from symbench.which_is_real.entry import WhichIsReal
from symbench.which_is_real.events import EventVectors
from symbench.which_is_real.transformations import DEFAULTS, by_matrix, names, transformation

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3, 4))
EVENTS = EventVectors(X, RNG.choice([-1.0, 0.0, 1.0], (50, 3)))
INVOLUTIONS = [name for name in names() if ":" not in name and "rotation" not in name]


def arrays(events: EventVectors) -> tuple[np.ndarray, np.ndarray]:
    assert events.charges is not None
    return events.vectors, events.charges


@pytest.mark.parametrize("name", [*INVOLUTIONS, "exchange:1,3", "exchange:2,3*exchange:1,2*exchange:2,3"])
def test_reflections_and_exchanges_undo_themselves(name: str) -> None:
    move = transformation(name)
    once, twice = move(EVENTS, RNG), move(move(EVENTS, RNG), RNG)
    assert all(np.array_equal(a, b) for a, b in zip(arrays(twice), arrays(EVENTS), strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(arrays(once), arrays(EVENTS), strict=True))


@pytest.mark.parametrize("name", ["boost:0.5", "beam_boost:1", "rotation", "parity", "swap_xz", "rotation*parity"])
def test_inner_products_are_kept_by_lorentz_transformations(name: str) -> None:
    eta = np.diag([1.0, -1, -1, -1])
    moved = transformation(name)(EVENTS, RNG).vectors
    np.testing.assert_allclose(moved @ eta @ moved.transpose(0, 2, 1), X @ eta @ X.transpose(0, 2, 1), atol=1e-10)


def test_a_product_acts_in_both_orders() -> None:
    moved = transformation("swap_xy*swap_yz")(EVENTS, RNG).vectors
    one, other = X[..., [0, 2, 3, 1]], X[..., [0, 3, 1, 2]]
    kinds = [np.array_equal(m, a) + 2 * np.array_equal(m, b) for m, a, b in zip(moved, one, other, strict=True)]
    assert set(kinds) == {1, 2}


def test_every_default_is_known() -> None:
    for name in DEFAULTS:
        assert transformation(name)(EVENTS, RNG).vectors.shape == X.shape


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("paritty", "did you mean 'parity'"),
        ("parity:2", "'parity' has no strength"),
        ("beam_boost:fast", "is a number, not 'fast'"),
        ("beam_boost:99", "at most 10"),
        ("beam_rotation:1", "has no strength"),
        ("scale:0", "above 0.009"),
        ("exchange:1,1", "two different vectors"),
        ("exchange:a", "names two vectors"),
        ("exchange:0,1", "counted from 1"),
    ],
)
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        transformation(text)


def test_events_that_a_transformation_cannot_act_on() -> None:
    with pytest.raises(ValueError, match="needs events with more than 1"):
        transformation("exchange")(EventVectors(X[:, :1]), RNG)
    with pytest.raises(ValueError, match="E, px, py, pz are needed"):
        transformation("parity")(EventVectors(X[..., :3]), RNG)
    with pytest.raises(ValueError, match="cannot act on vectors of 4"):
        by_matrix(np.eye(3).tolist())(EVENTS, RNG)


def test_exchanges_of_flavours_and_charges_of_four_leptons() -> None:
    """With e⁺, e⁻, μ⁺, μ⁻: e ↔ μ and C are products of two exchanges, which commute."""
    x = np.arange(4.0)[None, :, None] * np.ones((6, 4, 4))
    flavours = transformation("exchange:1,3*exchange:2,4")(EventVectors(x), RNG).vectors
    charges = transformation("exchange:1,2*exchange:3,4")(EventVectors(x), RNG).vectors
    assert np.array_equal(flavours[..., 0], np.tile([2, 3, 0, 1], (6, 1)))
    assert np.array_equal(charges[..., 0], np.tile([1, 0, 3, 2], (6, 1)))


@pytest.mark.parametrize("order", [2, 3, 7])
def test_a_matrix_and_its_inverse_are_equally_likely(order: int) -> None:
    """A turn of finite order n: n of them give the events again, if all go one way."""
    angle = 2 * np.pi / order
    g = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    x = np.random.default_rng(0).normal(size=(2000, 1, 2))
    moved = by_matrix(g.tolist())(EventVectors(x), RNG).vectors
    forward = np.isclose(moved, x @ g.T).all(axis=(1, 2))
    backward = np.isclose(moved, x @ g).all(axis=(1, 2))
    assert (forward | backward).all()
    if order > 2:
        assert abs(forward.mean() - 0.5) < 0.06
    np.testing.assert_allclose(np.linalg.matrix_power(g, order), np.eye(2), atol=1e-12)


@pytest.mark.parametrize("matrix", [[[1.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, float("inf")]]])
def test_matrices_without_an_inverse_are_refused(matrix: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="inverse"):
        by_matrix(matrix)


@pytest.mark.parametrize("name", ["cms-dimuon-mass-ptetaphi", "cms-z-pairs-ptetaphi"])
def test_vectors_that_are_not_cartesian_are_refused(name: str) -> None:
    """A matrix that acts on (pT, η, φ) is no rotation and no boost, whatever the track of the task."""
    reason = WhichIsReal(transformation="parity").incompatibility(find_task(name)())
    assert reason is not None
    assert "(pT, η, φ)" in reason
