"""Bases that can be read: projections and rotations keep the span, and names follow the matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.report.readable import name_of, orthonormal, readable_basis, varimax
from tests.factories import lorentz_algebra


def mixed(basis: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.einsum("ab,bij->aij", rng.normal(size=(len(basis), len(basis))), basis)


def projector(generators: np.ndarray) -> np.ndarray:
    rows = orthonormal(generators)
    return rows.T @ rows


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_a_mixture_of_the_true_algebra_is_read_as_its_canonical_generators(seed: int) -> None:
    canonical = lorentz_algebra()
    found = readable_basis(mixed(canonical, seed), canonical, four_momenta=True)
    assert found is not None
    assert found.shares == pytest.approx([1.0] * 6)
    norms = np.linalg.norm(canonical.reshape(6, -1), axis=1)
    np.testing.assert_allclose(found.matrices, canonical / norms[:, None, None], atol=1e-6)


def test_the_share_is_what_part_of_a_generator_was_found() -> None:
    boosts_only = lorentz_algebra()[:3]
    found = readable_basis(boosts_only, lorentz_algebra(), four_momenta=True)
    assert found is not None
    assert found.shares == pytest.approx([1, 1, 1, 0, 0, 0])
    half = lorentz_algebra()[:1].copy()
    half[0, 1, 0] = 0.0  # one of the two entries of a boost: cosine 1/√2 to it
    only = readable_basis(half, lorentz_algebra()[:1], four_momenta=True)
    assert only is not None
    assert only.shares == pytest.approx([2**-0.5])


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_varimax_keeps_the_span_and_gains_simplicity(seed: int, k: int) -> None:
    generators = np.random.default_rng(seed).normal(size=(k, 4, 4))
    rows = orthonormal(generators)
    rotated = varimax(rows)
    np.testing.assert_allclose(projector(rotated), projector(generators), atol=1e-8)
    assert (rotated**4).sum() >= (rows**4).sum() - 1e-9


def test_varimax_finds_the_sparse_basis_of_a_mixture() -> None:
    """so(2) ⊕ so(2) ⊕ line: a mixture of three sparse matrices without common entries."""
    sparse = np.zeros((3, 5, 5))
    sparse[0, 0, 1], sparse[0, 1, 0] = 1, -1
    sparse[1, 2, 3], sparse[1, 3, 2] = 1, -1
    sparse[2, 4, 4] = 1
    found = readable_basis(mixed(sparse, 3), None, four_momenta=False)
    assert found is not None
    assert found.shares is None
    assert sorted((np.abs(found.matrices) > 1e-6).sum(axis=(1, 2))) == [1, 2, 2]


def test_nothing_found_has_no_basis() -> None:
    assert readable_basis(np.zeros((0, 4, 4)), lorentz_algebra(), four_momenta=True) is None
    assert readable_basis(np.zeros((2, 4, 4)), None, four_momenta=True) is None


def test_names_follow_the_matrices() -> None:
    names = [name_of(matrix, True) for matrix in lorentz_algebra()]
    assert names[:3] == ["boost px", "boost py", "boost pz"]
    assert names[3:] == ["rotation py pz", "rotation px pz", "rotation px py"]
    assert name_of(np.eye(3), False) == "dilation"
    assert name_of(np.array([[0, 1], [1, 0]]), False) == "boost x1 x2"
    assert name_of(np.array([[0, 2], [0, 0]]), False) == "x1←x2"
