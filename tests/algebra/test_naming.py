"""Every algebra by its name: in its own basis, hidden in a frame of condition 10, and with noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.balance import balanced, cartan_basis
from symbench.algebra.bases import conjugated, diagonal, random_frame, so, three_form
from symbench.algebra.ideals import rank, simple_ideals
from symbench.algebra.names import named_algebra
from symbench.algebra.structure import (
    also_known_as,
    analyse,
    is_closed,
    jacobi_residual,
    killing_form,
    name_of,
    structure_constants,
)
from symbench.algebra.subspace import overlap
from symbench.errors import UnknownNameError

SEEDS = st.integers(0, 10_000)

NAMES = {
    "su(2)": "so(3)",
    "sl(2)": "so(2,1)",
    "sp(2)": "so(2,1)",
    "sl(2,C)": "so(1,3)",
    "sp(4)": "so(2,3)",
    "so(6)": "so(6)",
    "su(4)": "so(6)",
    "sl(4)": "so(3,3)",
    "so(2,4)": "so(2,4)",
    "sl(3)": "sl(3,R)",
    "su(3)": "su(3)",
    "su(5)": "su(5)",
    "sl(3,C)": "sl(3,C)",
    "so(7)": "so(7)",
    "so(3,4)": "so(3,4)",
    "sp(6)": "sp(6,R)",
    "u(2)": "u(2)",
    "u(3)": "u(3)",
    "gl(2,C)": "so(1,3)+abelian(2)",
    "so(2)+so(3)": "so(2)+so(3)",
    "u(1)+u(2)": "so(3)+abelian(2)",
    "so(3)+so(2)+so(1,3)": "so(2)+so(3)+so(1,3)",
    "so(2)+so(2)+so(3)": "so(3)+abelian(2)",
    "so(3)+su(3)": "so(3)+su(3)",
    "so(4)+dilation": "so(4)+abelian(1)",
    "so(3)+so(3)+so(3)": "so(3)+so(3)+so(3)",
    "heisenberg(5)": "heisenberg(5)",
    "heisenberg(3)+translations(2)": "heisenberg(3)+abelian(2)",
    "e(2)": "e(2)",
    "e(1,1)": "e(1,1)",
    "e(3)": "e(3)",
    "e(4)": "e(4)",
    "e(1,3)": "e(1,3)",
    "aff(1)": "aff(1)",
    "aff(2)": "aff(2)",
    "aff(3)": "aff(3)",
    "aff(1)+diagonal(2)": "aff(1)+abelian(2)",
    "translations(3)": "abelian(3)",
    "diagonal(3)": "abelian(3)",
    "so(2)+so(2)": "so(2)+so(2)",
    "so(2)+so(2)+so(2)": "so(2)+so(2)+so(2)",
    "so(2)+so(1,1)": "abelian(2)",
    "so(2,2)": "so(2,2)",
    "sl(2)+sl(2)": "so(2,2)",
    "so(3)+so(2,1)": "so(3)+so(2,1)",
    "g2": "g2",
}
LARGE = ("g2", "su(5)", "so(7)", "so(3,4)", "sp(6)")


def rng(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.mark.parametrize(("matrices", "name"), NAMES.items())
def test_every_algebra_is_called_by_its_canonical_name(matrices: str, name: str) -> None:
    assert name_of(named_algebra(matrices)) == name


@pytest.mark.parametrize(("matrices", "name"), [item for item in NAMES.items() if item[0] not in LARGE])
@settings(max_examples=4)
@given(seed=SEEDS)
def test_the_name_survives_a_hidden_basis_of_condition_ten(matrices: str, name: str, seed: int) -> None:
    basis, random = named_algebra(matrices), rng(seed)
    k, d = basis.shape[:2]
    mixed = np.einsum("ij,jab->iab", random_frame(k, 5.0, random), basis)
    assert name_of(conjugated(mixed, random_frame(d, 10.0, random))) == name


@pytest.mark.parametrize(("matrices", "name"), [item for item in NAMES.items() if item[0] not in LARGE])
@settings(max_examples=4)
@given(seed=SEEDS)
def test_the_name_survives_noise_of_a_percent(matrices: str, name: str, seed: int) -> None:
    basis = named_algebra(matrices)
    unit = basis / np.linalg.norm(basis, axis=(1, 2), keepdims=True)
    noisy = unit + 0.01 / basis.shape[-1] * rng(seed).standard_normal(basis.shape)
    assert name_of(noisy) == name


@pytest.mark.parametrize(
    ("name", "killing", "rank_of", "derived"),
    [
        ("g2", (0, 14, 0), 2, (14,)),
        ("su(3)", (0, 8, 0), 2, (8,)),
        ("sl(3)", (5, 3, 0), 2, (8,)),
        ("sp(4)", (6, 4, 0), 2, (10,)),
        ("so(2,3)", (6, 4, 0), 2, (10,)),
        ("so(2,2)", (4, 2, 0), 2, (6,)),
        ("so(1,3)", (3, 3, 0), 2, (6,)),
        ("sl(2)", (2, 1, 0), 1, (3,)),
        ("so(2,1)", (2, 1, 0), 1, (3,)),
        ("so(2)+so(2)+so(2)", (0, 0, 3), 0, (3, 0)),
        ("so(3)+so(2,1)", (2, 4, 0), 2, (6,)),
    ],
)
def test_signature_rank_and_series_are_those_of_the_tables(
    name: str, killing: tuple[int, int, int], rank_of: int, derived: tuple[int, ...]
) -> None:
    """The Killing form has one negative direction for each generator of a maximal compact subalgebra (É. Cartan)."""
    found = analyse(named_algebra(name))
    assert (found.killing, found.rank, found.derived_series) == (killing, rank_of, derived)


def test_the_exceptional_algebra_preserves_its_three_form_and_nothing_else_does() -> None:
    """dim g2 = 14 and so(7) = 14 ⊕ 7: the equation L·φ = 0 is solved without use of the basis."""
    form = three_form()
    units = np.eye(49).reshape(49, 7, 7)
    moved = np.sum([np.moveaxis(np.tensordot(units, form, axes=(1, axis)), 1, axis + 1) for axis in range(3)], axis=0)
    values, right = np.linalg.svd(moved.reshape(49, -1).T)[1:]
    assert np.sum(values < 1e-9) == 14
    assert np.max(overlap(right[-14:].reshape(14, 7, 7), named_algebra("g2")).angles) < 1e-7
    cross = np.einsum("ijk,j,k->i", form, np.eye(7)[1], np.eye(7)[3])
    assert np.linalg.norm(cross) == 1  # |v × w|² = |v|²|w|² − (v·w)²


def test_names_that_used_to_be_confused() -> None:
    """x ↦ ax + b beside a line has the derived series and the centre of Heisenberg's algebra."""
    assert name_of(named_algebra("aff(1)+dilation(1)")) == "aff(1)+abelian(1)"
    assert name_of(named_algebra("heisenberg(3)")) == "heisenberg(3)"
    # Commuting matrices with noise close as badly as random ones, but hardly move.
    noisy = diagonal(3) + 0.01 * rng(0).standard_normal((3, 3, 3))
    assert name_of(noisy) == "abelian(3)"
    # A spiral with translations is neither e(2) nor e(1,1), though it is solvable with the same series.
    spiral = named_algebra("e(2)")
    spiral[0, 0, 0] = spiral[0, 1, 1] = 0.5
    assert is_closed(spiral)
    assert name_of(spiral) == "unknown(3)"
    # Weyl spinors and vectors of so(1,3) both have four real dimensions.
    spinors = np.zeros((10, 5, 5))
    spinors[:6, :4, :4] = named_algebra("sl(2,C)")
    spinors[6:, :4, 4] = np.eye(4)
    assert analyse(spinors).derived_series == (10,)
    assert name_of(spinors) == "unknown(10)"
    assert name_of(named_algebra("e(1,3)")) == "e(1,3)"


def test_a_line_with_little_noise_may_be_a_rotation_in_a_long_frame() -> None:
    long = conjugated(so(2), np.diag([1.0, 12.0]))
    assert name_of(long) == "abelian(1)"
    assert name_of(long, tolerance=1e-6) == "so(2)"


def test_large_algebras_in_seconds() -> None:
    assert name_of(so(10)) == "so(10)"
    assert name_of(named_algebra("sl(9)")) == "sl(9,R)"


def test_invariants_in_closed_form() -> None:
    poincare = analyse(named_algebra("e(1,3)"))
    assert (poincare.radical, poincare.levi, poincare.centre, poincare.rank) == (4, 6, 0, 2)
    assert poincare.action_index == pytest.approx(2)  # n − 2
    assert poincare.derived_series == (10,)
    affine = analyse(named_algebra("aff(2)"))
    assert (affine.radical_series, affine.derived_series) == ((3, 2, 0), (6, 5))
    assert not affine.unimodular
    heisenberg = analyse(named_algebra("heisenberg(5)"))
    assert heisenberg.lower_central_series == (5, 1, 0)
    assert heisenberg.is_nilpotent
    euclidean = analyse(named_algebra("e(2)"))
    assert euclidean.lower_central_series == (3, 2)
    assert euclidean.is_solvable
    assert not euclidean.is_nilpotent
    unitary = analyse(named_algebra("u(3)"))
    assert (unitary.centre, unitary.radical, unitary.rank, unitary.is_reductive) == (1, 1, 2, True)
    assert analyse(diagonal(3)).is_abelian


@pytest.mark.parametrize(
    ("name", "ranks"),
    [
        ("so(3)", [1]),
        ("so(4)", [1, 1]),
        ("so(1,3)", [2]),
        ("su(3)", [2]),
        ("so(7)", [3]),
        ("sp(6)", [3]),
        ("su(5)", [4]),
    ],
)
def test_ideals_have_the_rank_of_their_type(name: str, ranks: list[int]) -> None:
    constants = structure_constants(named_algebra(name))
    assert [ideal.rank for ideal in simple_ideals(constants)] == ranks
    assert rank(constants) == sum(ranks)


@pytest.mark.parametrize(
    ("name", "casimir"), [("so(5)", 2 / 3), ("so(7)", 6 / 5), ("sp(6)", 3 / 4), ("su(3)", 1.0), ("so(3)", 3.0)]
)
def test_the_smallest_casimir_is_the_closed_form(name: str, casimir: float) -> None:
    """n/(n + 1) of Λ² for sp(2n), 2(n − 4)/(n − 2) of Λ⁴ for so(n), 1 of the adjoint, 3 of spin 2 for so(3)."""
    (ideal,) = simple_ideals(structure_constants(named_algebra(name)))
    assert ideal.casimir == pytest.approx(casimir, abs=1e-6)


@given(seed=SEEDS)
def test_a_balanced_frame_makes_an_algebra_closed_under_transposition(seed: int) -> None:
    hidden = conjugated(so(1, 3), random_frame(4, 10.0, rng(seed)))
    basis, frame = balanced(hidden)
    rows = basis.reshape(6, -1)
    transposed = np.swapaxes(basis, 1, 2).reshape(6, -1)
    assert np.allclose(transposed @ rows.T @ rows, transposed, atol=1e-6)
    assert overlap(conjugated(basis, frame), hidden).f1 == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("name", ["so(1,3)", "sl(3)", "sp(4)", "su(3)"])
@settings(max_examples=5)
@given(seed=SEEDS)
def test_the_cartan_basis_makes_killing_plus_and_minus_one(name: str, seed: int) -> None:
    basis = named_algebra(name)
    mixed = np.einsum("ij,jab->iab", random_frame(len(basis), 10.0, rng(seed)), basis)
    constants = cartan_basis(structure_constants(mixed))
    assert np.allclose(np.abs(np.linalg.eigvalsh(killing_form(constants))), 1, atol=1e-5)
    assert jacobi_residual(constants) < 1e-9


def test_jacobi_is_violated_by_what_is_no_algebra() -> None:
    assert jacobi_residual(structure_constants(so(4))) < 1e-12
    random = rng(0).standard_normal((4, 4, 4))
    assert jacobi_residual(random - random.transpose(1, 0, 2)) > 0.01


def test_nothing_and_too_much() -> None:
    assert simple_ideals(np.zeros((0, 0, 0))) == []
    with pytest.raises(ValueError, match="too large"):
        simple_ideals(np.zeros((71, 71, 71)))
    assert analyse(np.zeros((0, 3, 3))).derived_series == (0,)


def test_other_spellings_are_isomorphic() -> None:
    assert "sl(2,C)" in also_known_as("so(1,3)")
    assert also_known_as("so(10)") == ()
    names = ("so(3)", "so(2,1)", "so(1,3)", "so(2,3)", "so(6)", "so(3,3)", "so(4)", "so(2,2)", "so(2)+so(3)")
    for canonical in names:
        spelled = []
        for other in also_known_as(canonical):
            try:
                spelled.append(name_of(named_algebra(other)))
            except UnknownNameError:
                continue  # a spelling without matrices of its own, as so*(4)
        assert spelled
        assert set(spelled) <= {canonical, "u(2)", "so(2)+so(3)"}
