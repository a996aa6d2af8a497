import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.algebra.bases import dilation, direct_sum, gl, sl, so
from symbench.algebra.names import named_algebra
from symbench.algebra.structure import (
    analyse,
    closure_residual,
    killing_form,
    most_common_name,
    name_of,
    structure_constants,
)
from symbench.algebra.subspace import random_generators

SEEDS = st.integers(0, 10_000)


def rng(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def unit(d: int, i: int, j: int) -> np.ndarray:
    matrix = np.zeros((d, d))
    matrix[i, j] = 1.0
    return matrix


HEISENBERG = np.array([unit(3, 0, 1), unit(3, 1, 2), unit(3, 0, 2)])
EUCLIDEAN = np.array([unit(3, 0, 1) - unit(3, 1, 0), unit(3, 0, 2), unit(3, 1, 2)])
DIAGONAL = np.array([unit(3, i, i) for i in range(3)])

NAMED = {
    "so(2)": so(2),
    "so(1,1)": so(1, 1),
    "dilation(1)": dilation(4),
    "so(3)": so(3),
    "so(2,1)": so(2, 1),
    "so(4)": so(4),
    "so(1,3)": so(1, 3),
    "so(2,2)": so(2, 2),
    "so(5)": so(5),
    "so(1,4)": so(1, 4),
    "so(2,3)": so(2, 3),
    "so(3)+so(2,1)": direct_sum([so(3), so(2, 1)]),
    "so(1,3)+abelian(1)": named_algebra("so(1,3)+dilation"),
    "so(2)+so(3)": direct_sum([so(2), so(3)]),
    "so(3)+abelian(1)": direct_sum([so(3), dilation(2)]),
    "heisenberg(3)": HEISENBERG,
    "e(2)": EUCLIDEAN,
    "abelian(3)": DIAGONAL,
    "so(2)+so(2)": direct_sum([so(2), so(2)]),
    "abelian(2)": direct_sum([so(2), so(1, 1)]),
    "gl(2)": gl(2),
    "none": np.zeros((0, 4, 4)),
}


def test_killing_form_of_so3_is_minus_two() -> None:
    assert np.allclose(killing_form(structure_constants(so(3))), -2 * np.eye(3), atol=1e-12)


@pytest.mark.parametrize(("p", "q"), [(3, 0), (4, 0), (5, 0), (2, 1), (1, 3), (2, 3)])
def test_killing_form_of_so_is_its_trace_form(p: int, q: int) -> None:
    """K(X, Y) = (n − 2) tr XY, a closed form."""
    basis = so(p, q)
    closed = (p + q - 2) * np.einsum("iab,jba->ij", basis, basis)
    assert np.allclose(killing_form(structure_constants(basis)), closed, atol=1e-10)


@pytest.mark.parametrize("n", [2, 3])
def test_killing_form_of_sl_is_its_trace_form(n: int) -> None:
    """K(X, Y) = 2n tr XY."""
    basis = sl(n)
    closed = 2 * n * np.einsum("iab,jba->ij", basis, basis)
    assert np.allclose(killing_form(structure_constants(basis)), closed, atol=1e-10)


def test_structure_constants_of_so3_are_epsilon_and_obey_jacobi() -> None:
    c = structure_constants(so(3))
    assert np.allclose(np.sort(np.abs(c).ravel()), np.sort(np.r_[np.ones(6), np.zeros(21)]), atol=1e-12)
    assert np.allclose(c, -c.transpose(1, 0, 2))
    jacobi = np.einsum("ijm,mkl->ijkl", c, c)
    cyclic = jacobi + jacobi.transpose(1, 2, 0, 3) + jacobi.transpose(2, 0, 1, 3)
    assert np.allclose(cyclic, 0, atol=1e-12)


@pytest.mark.parametrize("name", NAMED)
def test_every_algebra_is_called_by_its_name(name: str) -> None:
    assert name_of(NAMED[name]) == name


@pytest.mark.parametrize("name", [name for name in NAMED if name not in ("gl(2)", "none")])
@given(seed=SEEDS)
def test_the_name_survives_a_change_of_basis_and_of_coordinates(name: str, seed: int) -> None:
    basis, random = NAMED[name], rng(seed)
    k, d = len(basis), basis.shape[-1]
    mixed = np.einsum("ij,jab->iab", np.linalg.qr(random.standard_normal((k, k)))[0], basis)
    u, v = (np.linalg.qr(random.standard_normal((d, d)))[0] for _ in range(2))
    frame = u @ np.diag(np.geomspace(1, 3, d)) @ v  # condition number 3
    assert name_of(np.linalg.inv(frame) @ mixed @ frame) == name


@pytest.mark.parametrize("name", ["so(3)", "so(2,1)", "so(4)", "so(1,3)", "so(2)+so(3)", "e(2)"])
@given(seed=SEEDS)
def test_the_name_survives_noise_of_a_degree(name: str, seed: int) -> None:
    basis = NAMED[name] / np.linalg.norm(NAMED[name], axis=(1, 2), keepdims=True)
    noise = 0.02 / basis.shape[-1] * rng(seed).standard_normal(basis.shape)
    assert name_of(basis + noise) == name


@given(seed=SEEDS, k=st.integers(2, 12))
def test_a_random_subspace_does_not_close_and_is_unknown(seed: int, k: int) -> None:
    basis = random_generators(k, 4, rng(seed))
    assert closure_residual(basis) > 0.4 * np.sqrt(1 - k / 16)
    assert name_of(basis) == f"unknown({k})"


@given(seed=SEEDS)
def test_closure_does_not_depend_on_the_basis(seed: int) -> None:
    basis = random_generators(4, 3, rng(seed))
    mixed = np.einsum("ij,jab->iab", rng(seed + 1).standard_normal((4, 4)) + 3 * np.eye(4), basis)
    assert closure_residual(mixed) == pytest.approx(closure_residual(basis), rel=1e-6)


def test_invariants_of_known_algebras() -> None:
    lorentz = analyse(so(1, 3))
    assert (lorentz.killing, lorentz.derived_series, lorentz.centre) == ((3, 3, 0), (6,), 0)
    heisenberg = analyse(HEISENBERG)
    assert (heisenberg.killing, heisenberg.derived_series, heisenberg.centre) == ((0, 0, 3), (3, 1, 0), 1)
    euclidean = analyse(EUCLIDEAN)
    assert (euclidean.killing, euclidean.derived_series, euclidean.centre) == ((0, 1, 2), (3, 2, 0), 0)
    assert analyse(DIAGONAL).centre == 3
    assert analyse(named_algebra("so(1,3)+dilation")).derived_series == (7, 6)


def test_the_most_common_name_comes_with_its_share() -> None:
    samples = [so(1, 3), so(1, 3), so(1, 3), so(4)]
    assert most_common_name(samples) == ("so(1,3)", 0.75)
    with pytest.raises(ValueError, match="at least one sample"):
        most_common_name([])
