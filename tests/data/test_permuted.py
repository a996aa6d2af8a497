"""Permuted partners keep every vector, and nothing else."""

from __future__ import annotations

import numpy as np

from symbench.data.event_functions import pair_forms
from symbench.data.permuted import exchanged, permuted


def test_each_part_keeps_its_distribution() -> None:
    x = np.random.default_rng(0).normal(size=(50, 3, 2))
    y = permuted(x, np.random.default_rng(1))
    np.testing.assert_array_equal(y[:, 0], x[:, 0])
    for part in (1, 2):
        assert not np.array_equal(y[:, part], x[:, part])
        np.testing.assert_array_equal(np.sort(y[:, part], axis=0), np.sort(x[:, part], axis=0))
        assert {tuple(v) for v in y[:, part]} == {tuple(v) for v in x[:, part]}  # vectors stay whole


def test_products_of_reactions_are_permuted_by_species() -> None:
    """Charges that products balance among themselves, as e⁻ and ν̄ do, would survive an exchange of parents."""
    x = np.zeros((100, 2, 2))
    x[:50, 1] = 1, -1
    assert (permuted(x, np.random.default_rng(0))[:, 1].sum(axis=1) == 0).all()
    y = permuted(x, np.random.default_rng(0), parts="reactions")
    assert (y[:, 1].sum(axis=1) != 0).any()
    np.testing.assert_array_equal(y[:, 1].sum(axis=0), x[:, 1].sum(axis=0))


def test_gradients_of_forms_are_those_of_their_values() -> None:
    rng = np.random.default_rng(2)
    functions = pair_forms(rng.normal(size=(2, 3, 3)), 3)
    x, step = rng.normal(size=(5, 9)), 1e-6
    numerical = np.stack(
        [(functions.values(x + step * e) - functions.values(x - step * e)) / (2 * step) for e in np.eye(9)], axis=2
    )
    np.testing.assert_allclose(functions.gradients(x), numerical, atol=1e-7)


def test_exchanged_partners_are_of_other_events_and_the_first_vector_stays() -> None:
    x = np.random.default_rng(0).normal(size=(60, 3, 2))
    y = exchanged(x, np.random.default_rng(1), 5, repeats=2)
    assert y.shape == (120, 3, 2)
    np.testing.assert_array_equal(y[:, 0], np.tile(x[:, 0], (2, 1)))
    for p in (1, 2):
        same = (y[:, None, p] == x[None, :, p]).all(axis=2)
        assert same.any(axis=1).all(), "each vector is one of those at its place"
        assert not same[np.arange(120), np.arange(120) % 60].any(), "and not the event's own"


def test_more_candidates_are_more_similar_in_every_frame() -> None:
    """The choice is by the covariance of the vectors: an invertible map of all of them does not alter it."""
    x = np.random.default_rng(0).normal(size=(400, 2, 3))
    frame = np.array([[100.0, 1, 0], [0, 1, 0.5], [0, 0, 0.01]])
    distances = []
    for candidates in (1, 4, 16):
        y = exchanged(x, np.random.default_rng(1), candidates)
        np.testing.assert_allclose(exchanged(x @ frame, np.random.default_rng(1), candidates), y @ frame, rtol=1e-9)
        distances.append(np.linalg.norm(y - x, axis=2).mean())
    assert distances[0] > 1.4 * distances[1] > 2 * distances[2]
