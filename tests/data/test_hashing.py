"""Identities of rows depend on values alone; splits of the user's files rest on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.data.hashing import coarse_ids, row_ids

VALUES = np.array([0.0, 1.0, -1.0, 3.0, 250.0, -128.0, 2.0**40])


@pytest.mark.parametrize("kind", ["f4", "f8", ">f8", "i8", "O"])
def test_equal_numbers_of_any_type_have_equal_identities(kind: str) -> None:
    other: npt.NDArray[Any] = VALUES.astype("i8").astype(np.longdouble) if kind == "O" else VALUES.astype(kind)
    np.testing.assert_array_equal(row_ids(other), row_ids(VALUES))
    np.testing.assert_array_equal(row_ids(np.array([False, True])), row_ids(np.array([-0.0, 1.0])))


@given(st.integers(-(2**63), 2**64 - 4))
def test_integers_of_64_bits_keep_all_their_digits(first: int) -> None:
    kind = np.uint64 if first >= 2**63 - 4 else np.int64
    numbers = np.array([first + step for step in range(3)], dtype=kind)
    assert len(set(row_ids(numbers).tolist())) == 3
    if -(2**53) <= first <= 2**53 - 3:
        np.testing.assert_array_equal(row_ids(numbers), row_ids(numbers.astype(np.float64)))


def test_negative_integers_are_not_the_unsigned_ones_of_the_same_bits() -> None:
    negative = np.array([-(2**60), -(2**62)])
    assert not set(row_ids(negative).tolist()) & set(row_ids(negative.view(np.uint64)).tolist())


def test_a_row_is_hashed_by_its_own_columns_in_their_order() -> None:
    rng = np.random.default_rng(0)
    x, label = rng.normal(size=(70_000, 2, 3)), rng.integers(0, 3, 70_000)
    ids = row_ids(x, label)
    some = np.array([0, 1, 32_767, 32_768, 69_999])
    np.testing.assert_array_equal(row_ids(x[some], label[some]), ids[some])
    np.testing.assert_array_equal(row_ids(*x.reshape(len(x), -1).T, label), ids)
    assert len(np.unique(ids)) == len(x)
    assert not np.isin(row_ids(x[:, ::-1], label), ids).any()
    assert not np.isin(row_ids(x, label + 1), ids).any()


def test_text_is_hashed_by_its_characters_not_by_the_width_of_its_column() -> None:
    words = np.array(["run1", "", "Σ", "run1"])
    ids = row_ids(words)
    np.testing.assert_array_equal(row_ids(words.astype("U90")), ids)
    assert ids[0] == ids[3]
    assert len(set(ids.tolist())) == 3


def test_identities_are_the_same_on_every_machine_and_in_every_version() -> None:
    """Raise READER of the tables and the jets if these change: the splits of all own files do."""
    ids = row_ids(np.array([[1.5, -2.0], [0.0, 3.0]]), np.array([7, 2**60]), np.array(["a", "b"]))
    assert ids.tolist() == [10857241340292212549, 18300310002841322724]
    with pytest.raises(ValueError, match="no columns"):
        row_ids()


def test_coarse_identities_join_what_differs_in_the_last_digits() -> None:
    x = np.random.default_rng(1).normal(size=(2000, 6))
    near = coarse_ids(x * (1 + 1e-7), 11) == coarse_ids(x, 11)
    assert near.mean() > 0.99
    assert (coarse_ids(x * 1.001, 11) == coarse_ids(x, 11)).mean() < 0.01
    assert len(np.unique(coarse_ids(x, 18))) == len(x)
