"""The grammar of names: dimensions, closure, the forms that define each family, and what a sum acts on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.algebra import bases
from symbench.algebra.bases import conjugated, random_frame
from symbench.algebra.names import named_algebra
from symbench.algebra.structure import bracket, closure_residual
from symbench.algebra.subspace import orthonormal, overlap
from symbench.errors import UnknownNameError

SEEDS = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("so(4)", (6, 4, 4)),
        ("so(2,3)", (10, 5, 5)),
        ("gl(3,R)", (9, 3, 3)),
        ("sl(3,R)", (8, 3, 3)),
        ("sl(2,C)", (6, 4, 4)),
        ("gl(2,C)", (8, 4, 4)),
        ("u(1)", (1, 2, 2)),
        ("u(3)", (9, 6, 6)),
        ("su(2)", (3, 4, 4)),
        ("su(4)", (15, 8, 8)),
        ("sp(2)", (3, 2, 2)),
        ("sp(6,R)", (21, 6, 6)),
        ("heisenberg(3)", (3, 3, 3)),
        ("heisenberg(7)", (7, 5, 5)),
        ("e(2)", (3, 3, 3)),
        ("e(1,3)", (10, 5, 5)),
        ("aff(1)", (2, 2, 2)),
        ("aff(3)", (12, 4, 4)),
        ("translations(3)", (3, 4, 4)),
        ("diagonal(3)", (3, 3, 3)),
        ("u(2)+e(2)", (7, 7, 7)),
        ("so(1,3)+dilation(4)", (7, 8, 8)),
        ("so(1,3)+dilation", (7, 4, 4)),
        ("so(2)+so(3)+dilation", (5, 5, 5)),
    ],
)
def test_dimension_independence_and_closure(name: str, shape: tuple[int, ...]) -> None:
    basis = named_algebra(name)
    assert basis.shape == shape
    assert len(orthonormal(basis)) == shape[0]
    assert closure_residual(basis) < 1e-12


@pytest.mark.parametrize(
    "name",
    ["sp(3)", "su(2,1)", "so(3,R)", "heisenberg(4)", "heisenberg(1)", "u(0)", "e(0)", "abelian(2)", "dilation+so(3)"],
)
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown algebra"):
        named_algebra(name)


def completed(conditions: list[np.ndarray]) -> int:
    """Dimension of the solutions L of linear conditions, each given as a matrix on vec(L)."""
    stacked = np.concatenate(conditions)
    return int(stacked.shape[1]) - int(np.linalg.matrix_rank(stacked))


def preserves(form: np.ndarray) -> np.ndarray:
    """vec(L) ↦ vec(LᵀJ + JL), as a matrix."""
    d = len(form)
    units = np.eye(d * d).reshape(-1, d, d)
    return np.array([(unit.T @ form + form @ unit).ravel() for unit in units]).T


def commutes_with(matrix: np.ndarray) -> np.ndarray:
    d = len(matrix)
    return np.array([bracket(unit, matrix).ravel() for unit in np.eye(d * d).reshape(-1, d, d)]).T


@pytest.mark.parametrize("n", [1, 2, 3])
def test_u_is_all_that_keeps_the_norm_and_commutes_with_i(n: int) -> None:
    basis, i = bases.u(n), bases.complex_structure(n)
    assert np.array_equal(i @ i, -np.eye(2 * n))
    conditions = [preserves(np.eye(2 * n)), commutes_with(i)]
    assert all(np.allclose(condition @ basis.reshape(len(basis), -1).T, 0) for condition in conditions)
    assert completed(conditions) == len(basis) == n * n


@pytest.mark.parametrize("n", [1, 2, 3])
def test_su_is_u_without_its_complex_trace(n: int) -> None:
    basis, i = bases.su(n), bases.complex_structure(n)
    assert np.allclose(np.trace(basis @ i, axis1=1, axis2=2), 0)
    together = np.concatenate([basis, i[None]])
    assert overlap(together, bases.u(n)).f1 == pytest.approx(1)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_sp_is_all_that_keeps_the_symplectic_form(n: int) -> None:
    basis, form = bases.sp(n), bases.symplectic_form(n)
    assert np.allclose(preserves(form) @ basis.reshape(len(basis), -1).T, 0)
    assert completed([preserves(form)]) == len(basis) == n * (2 * n + 1)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_heisenberg_has_its_brackets(n: int) -> None:
    basis = bases.heisenberg(n)
    x, y, z = basis[:n], basis[n : 2 * n], basis[2 * n]
    for i in range(n):
        for j in range(n):
            assert np.array_equal(bracket(x[i], y[j]), z if i == j else np.zeros_like(z))
            assert not bracket(x[i], x[j]).any()
            assert not bracket(y[i], y[j]).any()
    assert not bracket(basis, z).any()


def test_translations_translate_and_commute() -> None:
    basis = bases.translations(3)
    assert np.array_equal(basis[1] @ [5.0, 6.0, 7.0, 1.0], [0, 1, 0, 0])
    assert not bracket(basis[0], basis[2]).any()


@given(seed=SEEDS, condition=st.floats(1, 10))
def test_a_conjugated_algebra_keeps_the_transported_form(seed: int, condition: float) -> None:
    random = np.random.Generator(np.random.PCG64(seed))
    frame = random_frame(4, condition, random)
    assert np.linalg.cond(frame) == pytest.approx(condition)
    assert abs(np.linalg.det(frame)) == pytest.approx(1)
    hidden = conjugated(bases.so(1, 3), frame)
    form = frame.T @ bases.minkowski(1, 3) @ frame  # of f(Ax) = (Ax)ᵀ η (Ax)
    assert np.allclose(np.swapaxes(hidden, 1, 2) @ form + form @ hidden, 0, atol=1e-10 * condition**2)
    assert np.allclose(conjugated(hidden, np.linalg.inv(frame).astype(np.float64)), bases.so(1, 3), atol=1e-9)


@given(seed=SEEDS)
def test_realified_matrices_multiply_as_complex_ones(seed: int) -> None:
    random = np.random.Generator(np.random.PCG64(seed))
    a, b = random.standard_normal((2, 3, 3)) + 1j * random.standard_normal((2, 3, 3))
    product, factors = bases.realified((a @ b)[None])[0], bases.realified(np.array([a, b]))
    assert np.allclose(factors[0] @ factors[1], product)
    z = random.standard_normal(3) + 1j * random.standard_normal(3)
    assert np.allclose(factors[0] @ np.r_[z.real, z.imag], np.r_[(a @ z).real, (a @ z).imag])
