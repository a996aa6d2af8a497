import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.algebra.bases import dilation, direct_sum, gl, minkowski, sl, so
from symbench.algebra.names import named_algebra
from symbench.algebra.structure import closure_residual
from symbench.errors import UnknownNameError


@given(p=st.integers(0, 5), q=st.integers(0, 5))
def test_so_preserves_its_metric_and_is_complete(p: int, q: int) -> None:
    n = p + q
    if n == 0:
        return
    basis, eta = so(p, q), minkowski(p, q)
    assert basis.shape == (n * (n - 1) // 2, n, n)
    assert np.all(np.einsum("kba,bc->kac", basis, eta) + eta @ basis == 0)
    # Complete: the solutions of LᵀJ + JL = 0 have this dimension, and the basis is independent.
    assert np.linalg.matrix_rank(basis.reshape(len(basis), -1)) == len(basis) if len(basis) else True


def test_lorentz_has_three_antisymmetric_rotations_and_three_symmetric_boosts() -> None:
    basis = so(1, 3)
    symmetric = [np.array_equal(generator, generator.T) for generator in basis]
    antisymmetric = [np.array_equal(generator, -generator.T) for generator in basis]
    assert symmetric.count(True) == 3
    assert antisymmetric.count(True) == 3


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("so(3)", (3, 3, 3)),
        ("so(1,3)", (6, 4, 4)),
        ("so(1, 3)", (6, 4, 4)),
        ("so(10)", (45, 10, 10)),
        ("sl(2)", (3, 2, 2)),
        ("gl(3)", (9, 3, 3)),
        ("dilation(4)", (1, 4, 4)),
        ("none(4)", (0, 4, 4)),
        ("so(2)+so(3)", (4, 5, 5)),
        ("so(2)⊕so(3)", (4, 5, 5)),
        ("so(1,3)+dilation", (7, 4, 4)),
    ],
)
def test_named_algebras_are_closed_and_have_their_dimension(name: str, shape: tuple[int, ...]) -> None:
    basis = named_algebra(name)
    assert basis.shape == shape
    assert closure_residual(basis) < 1e-12


@pytest.mark.parametrize("name", ["", "so", "so(0)", "so(1,3", "lorentz", "dilation", "sl(2,2)", "sp(3)", "so(3)+"])
def test_a_name_that_is_none_is_answered_with_what_is_known(name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown algebra"):
        named_algebra(name)


def test_terms_of_a_sum_act_on_spaces_of_their_own() -> None:
    both = direct_sum([so(2), dilation(3)])
    assert both.shape == (2, 5, 5)
    x = np.arange(1.0, 6.0)
    assert np.array_equal(both[0] @ x, [2, -1, 0, 0, 0])
    assert np.array_equal(both[1] @ x, [0, 0, 3, 4, 5])


def test_sl_and_dilation_make_gl() -> None:
    together = np.concatenate([sl(3), dilation(3)])
    assert np.linalg.matrix_rank(together.reshape(9, -1)) == len(gl(3)) == 9
    assert np.all(np.trace(sl(3), axis1=1, axis2=2) == 0)
