"""Bases that can be read: the span is kept, labels follow the matrices, shares say what is right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.subspace import orthonormal
from symbench.report.readable import readable_basis
from tests.factories import lorentz_algebra


def mixed(basis: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(np.einsum("ab,bij->aij", rng.normal(size=(len(basis), len(basis))), basis))


def projector(generators: np.ndarray) -> np.ndarray:
    rows = orthonormal(generators)
    return np.asarray(rows.T @ rows)


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_a_mixture_of_the_true_algebra_is_read_as_its_canonical_generators(seed: int) -> None:
    found = readable_basis(mixed(lorentz_algebra(), seed), lorentz_algebra())
    assert found is not None
    assert found.titles == ("J_x", "J_y", "J_z", "K_x", "K_y", "K_z")
    assert found.shares == pytest.approx([1.0] * 6)
    assert np.linalg.norm(found.matrices, axis=(1, 2)) == pytest.approx(1.0)
    assert sorted((np.abs(found.matrices) > 1e-6).sum(axis=(1, 2))) == [2] * 6


def test_the_share_is_what_part_of_an_element_lies_in_the_truth() -> None:
    half = lorentz_algebra()[:1].copy()
    half[0, 1, 0] = 0.0  # one of the two entries of a boost: cosine 1/√2 to it
    found = readable_basis(half, lorentz_algebra())
    assert found is not None
    assert found.shares == pytest.approx([2**-0.5])
    wrong = readable_basis(np.eye(4)[None], lorentz_algebra())
    assert wrong is not None
    assert wrong.titles == ("D",)
    assert wrong.shares == pytest.approx([0.0])


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=10, deadline=None)
def test_the_span_is_what_was_claimed(seed: int, k: int) -> None:
    generators = np.random.default_rng(seed).normal(size=(k, 4, 4))
    found = readable_basis(generators, None)
    assert found is not None
    assert found.shares is None
    np.testing.assert_allclose(projector(found.matrices), projector(generators), atol=1e-8)


def test_nothing_found_has_no_basis_and_a_truth_of_nothing_has_no_share() -> None:
    assert readable_basis(np.zeros((0, 4, 4)), lorentz_algebra()) is None
    assert readable_basis(np.zeros((2, 4, 4)), None) is None
    claimed = readable_basis(np.eye(3)[None], np.zeros((0, 3, 3)))
    assert claimed is not None
    assert claimed.shares == (0.0,)
