"""Canonical bases: the span stays, known elements come back from random mixtures with noise, with their names."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from symbench.algebra.bases import random_frame, so
from symbench.algebra.canonical import canonical_basis, pairwise_l1, quartimax, sparsest
from symbench.algebra.labels import label
from symbench.algebra.lorentz import boost_generators, rotation_generators
from symbench.algebra.names import named_algebra
from symbench.algebra.subspace import FloatArray, orthonormal, overlap, random_generators

SEEDS = st.integers(0, 10_000)
ROTATIONS = ("R_12", "R_13", "R_14", "R_23", "R_24", "R_34")
LORENTZ = ("J_x", "J_y", "J_z", "K_x", "K_y", "K_z")


def mixture(basis: np.ndarray, noise: float, seed: int) -> np.ndarray:
    """A random mixture of unit generators with noise of that norm each."""
    random = np.random.Generator(np.random.PCG64(seed))
    k, d = basis.shape[:2]
    unit = basis / np.linalg.norm(basis, axis=(1, 2), keepdims=True)
    noisy = unit + noise / d * random.standard_normal(unit.shape)
    return np.asarray(np.einsum("ij,jab->iab", random_frame(k, 10.0, random), noisy))


LABELS = {
    "so(2)": ("R_12",),
    "so(1,1)": ("B_12",),
    "so(3)": ("R_12", "R_13", "R_23"),
    "so(4)": ROTATIONS,
    "so(1,3)": LORENTZ,
    "so(1,3)+dilation": (*LORENTZ, "D"),
    "so(2,2)": ("R_12", "R_34", "B_13", "B_14", "B_23", "B_24"),
    "so(2)+so(3)": ("R_12", "R_34", "R_35", "R_45"),
    "dilation(4)": ("D",),
    "diagonal(3)": ("E_11", "E_22", "E_33"),
    "gl(2)": ("E_11", "E_12", "E_21", "E_22"),
    "sl(2)": ("H_12", "E_12", "E_21"),
    "heisenberg(3)": ("E_12", "E_13", "E_23"),
    "translations(3)": ("E_14", "E_24", "E_34"),
    "e(2)": ("R_12", "E_13", "E_23"),
    "e(1,1)": ("B_12", "E_13", "E_23"),
    "e(1,3)": ("R_23", "R_24", "R_34", "B_12", "B_13", "B_14", "E_15", "E_25", "E_35", "E_45"),
    "aff(1)": ("E_11", "E_12"),
    "u(2)": ("R_13", "R_24", "R_12 + R_34", "R_14 + R_23"),
    "su(2)": ("R_12 + R_34", "R_13 − R_24", "R_14 + R_23"),
    "sp(4)": (
        "H_13",
        "H_24",
        "E_13",
        "E_24",
        "E_31",
        "E_42",
        "E_12 − E_43",
        "E_14 + E_23",
        "E_21 − E_34",
        "E_41 + E_32",
    ),
}


@pytest.mark.parametrize(("name", "labels"), LABELS.items())
@settings(max_examples=5)
@given(seed=SEEDS)
def test_known_elements_come_back_by_name(name: str, labels: tuple[str, ...], seed: int) -> None:
    """In any order of entries that have the same label up to an overall sign of the element."""
    truth = named_algebra(name)
    basis, found = canonical_basis(mixture(truth, 0.01, seed))
    assert found == labels
    assert overlap(basis, truth).f1 > 0.999
    # Every element lies within a few times the noise of one of the whole numbers that its label stands for.
    assert np.max(np.abs(basis - np.round(basis))) < 0.1


@pytest.mark.parametrize(("name", "count"), [("su(3)", 8), ("sl(3)", 8)])
@settings(max_examples=5)
@given(seed=SEEDS)
def test_where_the_diagonal_has_no_sparse_orthogonal_basis_the_rest_has(name: str, count: int, seed: int) -> None:
    _, labels = canonical_basis(mixture(named_algebra(name), 0.01, seed))
    assert len(labels) == count
    assert not any(item.startswith("L_") for item in labels)
    assert sum(" 2 " in item or item.startswith("2 ") for item in labels) == 1  # 2, −1, −1 beside 1, −1, 0


def test_signs_and_scales_are_those_of_the_lorentz_group() -> None:
    basis, labels = canonical_basis(mixture(so(1, 3), 0.0, 1))
    assert labels == LORENTZ
    assert np.allclose(basis, np.concatenate([rotation_generators(), boost_generators()]), atol=1e-9)


def test_coordinates_may_be_named_or_not() -> None:
    assert canonical_basis(so(1, 3), four_momenta=False)[1] == ("R_23", "R_24", "R_34", "B_12", "B_13", "B_14")
    spatial = so(1, 3)[3:]
    assert canonical_basis(spatial)[1] == ("R_23", "R_24", "R_34")
    assert canonical_basis(spatial, four_momenta=True)[1] == ("J_x", "J_y", "J_z")


@given(seed=SEEDS, k=st.integers(1, 5))
@example(seed=3036, k=3)  # both starts end above the basis that is given
def test_the_span_stays_and_gets_sparser(seed: int, k: int) -> None:
    generators = random_generators(k, 3, np.random.Generator(np.random.PCG64(seed)))
    basis, labels = canonical_basis(generators, starts=2)
    assert len(labels) == k
    assert overlap(basis, generators).f1 == pytest.approx(1)
    rows = orthonormal(basis)
    assert np.abs(sparsest(orthonormal(generators), starts=2)).sum() <= np.abs(orthonormal(generators)).sum() + 1e-7
    assert rows.shape == (k, 9)


@given(seed=SEEDS, k=st.integers(1, 5))
def test_both_criteria_rotate_and_never_lose(seed: int, k: int) -> None:
    rows = orthonormal(random_generators(k, 3, np.random.Generator(np.random.PCG64(seed))))
    criteria: list[tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], float]]] = [
        (quartimax, lambda m: float(np.sum(m**4))),
        (pairwise_l1, lambda m: -float(np.abs(m).sum())),
    ]
    for turn, gain in criteria:
        turned = turn(rows)
        assert np.allclose(turned @ turned.T, np.eye(k), atol=1e-9)
        assert np.allclose(turned.T @ turned, rows.T @ rows, atol=1e-9)
        assert gain(turned) >= gain(rows) - 1e-9


def test_the_same_seed_gives_the_same_basis() -> None:
    mixed = mixture(named_algebra("u(2)"), 0.01, 0)
    one, two = canonical_basis(mixed, seed=4), canonical_basis(mixed, seed=4)
    assert np.array_equal(one[0], two[0])
    assert one[1] == two[1]


def test_what_has_no_name_is_numbered() -> None:
    basis, labels = canonical_basis(random_generators(2, 4, np.random.Generator(np.random.PCG64(0))))
    assert labels == ("L_1", "L_2")
    assert np.allclose(np.linalg.norm(basis, axis=(1, 2)), 1)
    assert canonical_basis(np.zeros((0, 4, 4)))[1] == ()


def test_ten_dimensions() -> None:
    _, labels = canonical_basis(mixture(so(10), 0.01, 0), starts=2)
    assert len(labels) == 45
    assert all(item.startswith("R_") for item in labels)
    assert "R_9,10" in labels


def test_labels_of_single_matrices() -> None:
    assert label(np.diag([1.0, 1.0, -2.0])).name(False) == "E_11 + E_22 − 2 E_33"
    assert label(np.array([[0.0, 1.0], [0.4, 0.0]])).name(False) == "E_12 + 0.4 E_21"
    assert label(-3 * np.eye(2)).name(False) == "D"
    assert np.array_equal(label(-3 * np.eye(2)).matrix, np.eye(2))


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ((1.0, 0.14), "J_z + 0.1 K_x"),  # not 7.1 J_z + K_x
        ((1.0, 0.37), "J_z + 0.4 K_x"),
        ((-0.93, 0.52), "J_z − 0.6 K_x"),
        ((1.0, 0.96), "J_z + K_x"),
        ((2.06, 1.0), "2 J_z + K_x"),
        ((1.0, 0.05), "J_z"),
        ((1.0, -2.6), "0.4 J_z − K_x"),
    ],
)
def test_noise_is_written_with_one_digit_and_not_as_a_multiple(weights: tuple[float, float], expected: str) -> None:
    named = label(weights[0] * rotation_generators()[2] + weights[1] * boost_generators()[0])
    assert named.name(False) == expected.replace("J_z", "R_23").replace("K_x", "B_12")
    largest = max(abs(term.weight) for term in named.terms)
    assert largest == pytest.approx(1) or min(abs(term.weight) for term in named.terms) == pytest.approx(1)
