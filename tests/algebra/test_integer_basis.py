"""Integer bases of null spaces."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.integer_basis import integer_null_space, shortest_basis


@given(seed=st.integers(0, 10_000), rows=st.integers(1, 6), columns=st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_the_basis_spans_the_null_space(seed: int, rows: int, columns: int) -> None:
    matrix = np.random.default_rng(seed).integers(-3, 4, size=(rows, columns))
    basis = integer_null_space(matrix)
    assert not (matrix @ basis.T).any()
    rank = np.linalg.matrix_rank(matrix)
    assert len(basis) == columns - rank == (np.linalg.matrix_rank(basis) if len(basis) else 0)


def test_reduction_finds_the_short_vectors_of_a_lattice() -> None:
    """(1, 0, 1) and (0, 1, −1) after an unimodular change of basis with large entries."""
    short = np.array([[1, 0, 1], [0, 1, -1]])
    long = np.array([[7, 5], [4, 3]]) @ short
    reduced = shortest_basis(long)
    assert np.square(reduced).sum(axis=1).max() == 2
    assert np.linalg.matrix_rank(np.concatenate([reduced, short])) == 2
