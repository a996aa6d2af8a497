"""Named transformations: involutions, products in either order, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.which_is_real.transformations import DEFAULTS, names, transformation

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3, 4))
INVOLUTIONS = [name for name in names() if ":" not in name and "rotation" not in name]


@pytest.mark.parametrize("name", INVOLUTIONS)
def test_reflections_and_exchanges_undo_themselves(name: str) -> None:
    move = transformation(name)
    assert np.array_equal(move(move(X, RNG), RNG), X)
    assert not np.array_equal(move(X, RNG), X)


@pytest.mark.parametrize("name", ["boost:0.5", "beam_boost:1", "rotation", "parity", "swap_xz", "rotation*parity"])
def test_inner_products_are_kept_by_lorentz_transformations(name: str) -> None:
    eta = np.diag([1.0, -1, -1, -1])
    moved = transformation(name)(X, RNG)
    np.testing.assert_allclose(moved @ eta @ moved.transpose(0, 2, 1), X @ eta @ X.transpose(0, 2, 1), atol=1e-10)


def test_a_product_acts_in_both_orders() -> None:
    moved = transformation("swap_xy*swap_yz")(X, RNG)
    one, other = X[..., [0, 2, 3, 1]], X[..., [0, 3, 1, 2]]
    kinds = [np.array_equal(m, a) + 2 * np.array_equal(m, b) for m, a, b in zip(moved, one, other, strict=True)]
    assert set(kinds) == {1, 2}


def test_every_default_is_known() -> None:
    for name in DEFAULTS:
        assert transformation(name)(X, RNG).shape == X.shape


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("paritty", "did you mean 'parity'"),
        ("parity:2", "'parity' has no strength"),
        ("beam_boost:fast", "is a number, not 'fast'"),
        ("beam_boost:99", "at most 10"),
        ("beam_rotation:1", "has no strength"),
        ("scale:0", "above 0.009"),
    ],
)
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        transformation(text)


def test_an_exchange_needs_two_vectors() -> None:
    with pytest.raises(ValueError, match="two vectors or more"):
        transformation("exchange")(X[:, :1], RNG)
