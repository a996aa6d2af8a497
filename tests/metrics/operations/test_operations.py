"""Laws of the operations on jets: groups, masses, conservation, limits, padding."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from symbench import registry
from symbench.algebra.lorentz import boost_generators, rotation_generators
from symbench.errors import UnknownNameError
from symbench.metrics.operations.base import MatrixOperation
from symbench.metrics.operations.generators import orthonormal
from symbench.metrics.operations.moved import Moved, operation_rng
from symbench.metrics.operations.soft_emission import SOFT_RADIUS
from symbench.testing import check_classifier
from tests.classifiers.jets import toy_jets

LORENTZ = [operation.name for operation in registry.operations() if operation.kind == "lorentz"]
DEFAULT = registry.default_operations()
ETA = np.array([1.0, -1.0, -1.0, -1.0])
JETS = toy_jets(300)
VECTORS = JETS.vectors.astype(np.float64)


def moved(operation: str, seed: int = 0, **settings: object) -> Moved:
    found = registry.find_operation(operation)
    return found.move(found.settings(settings), VECTORS, JETS.mask, operation_rng(operation, seed))


def matrices(operation: str, settings: dict[str, object], count: int) -> np.ndarray:
    found = registry.find_operation(operation)
    assert isinstance(found, MatrixOperation)
    return found.matrices(settings, count, np.random.default_rng(0))


def products(vectors: np.ndarray) -> np.ndarray:
    """All pᵢ·pⱼ of each jet."""
    return np.asarray(np.einsum("nia,a,nja->nij", vectors, ETA, vectors))


@pytest.mark.parametrize("operation", LORENTZ)
def test_the_lorentz_group_leaves_every_inner_product(operation: str) -> None:
    found = moved(operation)
    assert found.matrices is not None
    scale = found.vectors[..., 0].max() ** 2
    np.testing.assert_allclose(products(found.vectors), products(JETS.vectors), atol=1e-13 * scale)
    np.testing.assert_allclose(
        found.matrices.transpose(0, 2, 1) @ np.diag(ETA) @ found.matrices, np.diag(ETA)[None].repeat(300, 0), atol=1e-11
    )
    np.testing.assert_array_equal(found.mask, JETS.mask)


@pytest.mark.parametrize("operation", DEFAULT)
def test_padding_stays_zero_and_takes_no_part(operation: str) -> None:
    vectors = np.pad(VECTORS, ((0, 0), (0, 3), (0, 0)), constant_values=7.0)
    mask = np.pad(JETS.mask, ((0, 0), (0, 3)))
    found = registry.find_operation(operation)
    wide = found.move(found.settings({}), vectors, mask, operation_rng(operation, 0))
    assert (wide.vectors[~wide.mask] == 0).all()
    assert (np.sort(wide.mask, axis=1)[:, ::-1] == wide.mask).all(), "padding comes last"
    if operation != "permutation":  # which draws a number for every column
        here = moved(operation)
        width = here.mask.shape[1]
        np.testing.assert_allclose(wide.vectors[:, :width], here.vectors, rtol=1e-12)
        assert not wide.mask[:, width:].any()


def test_boosts_along_one_axis_compose_and_undo_each_other() -> None:
    once, twice = (moved("beam_boost", rapidity=y).matrices for y in (0.7, 1.4))
    assert once is not None
    assert twice is not None
    np.testing.assert_allclose(once @ once, twice, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(once[:, 0, 0], np.cosh(0.7))
    signs = np.sign(once[:, 0, 3])
    assert {*signs.tolist()} == {-1.0, 1.0}, "either way"


def test_a_grid_is_drawn_from_evenly_and_directions_do_not_depend_on_the_strength() -> None:
    drawn = moved("boost").matrices
    assert drawn is not None
    values, counts = np.unique(np.round(np.arccosh(drawn[:, 0, 0]), 9), return_counts=True)
    np.testing.assert_allclose(values, [0.1, 0.5, 1.0, 2.0])
    assert counts.min() > 45
    weak, strong = (moved("boost", rapidity=y).matrices for y in (0.1, 2.0))
    assert weak is not None
    assert strong is not None
    np.testing.assert_allclose(weak[:, 0, 1:] / np.sinh(0.1), strong[:, 0, 1:] / np.sinh(2.0), rtol=1e-9)


def test_rotations_are_uniform_over_the_sphere() -> None:
    turned = matrices("rotation", {}, 20_000)[:, 1:, 1:] @ np.array([0.0, 0.0, 1.0])
    np.testing.assert_allclose(turned.mean(axis=0), 0, atol=4 / np.sqrt(3 * 20_000))
    np.testing.assert_allclose(turned.T @ turned / 20_000, np.eye(3) / 3, atol=0.01)


def test_scale_multiplies_every_component() -> None:
    np.testing.assert_allclose(moved("scale", factor=3.0).vectors, 3 * JETS.vectors)


def test_a_permutation_is_one_and_is_seldom_the_identity() -> None:
    found = moved("permutation")
    assert found.matrices is None
    np.testing.assert_array_equal(np.sort(found.vectors, axis=1), np.sort(JETS.vectors, axis=1))
    np.testing.assert_array_equal(np.sort(found.source, axis=1), np.arange(JETS.mask.shape[1])[None].repeat(300, 0))
    taken = np.take_along_axis(JETS.vectors, found.source[..., None], axis=1)
    np.testing.assert_array_equal(taken, found.vectors)
    assert (found.vectors[:, 0] != JETS.vectors[:, 0]).any(axis=1).mean() > 0.7


@pytest.mark.parametrize("fraction", [0.1, 0.5])
def test_a_collinear_split_conserves_energy_and_momentum(fraction: float) -> None:
    found = moved("collinear_split", fraction=fraction)
    assert (found.mask.sum(axis=1) == JETS.mask.sum(axis=1) + 1).all()
    np.testing.assert_allclose(found.vectors.sum(axis=1), JETS.vectors.sum(axis=1), rtol=1e-12)
    pt = np.hypot(found.vectors[..., 1], found.vectors[..., 2])
    assert (np.diff(pt, axis=1) <= 1e-9).all(), "in falling order of transverse momentum"
    for jet, source, mask in zip(found.vectors, found.source, found.mask, strict=True):
        names, counts = np.unique(source[mask], return_counts=True)
        parent = names[counts == 2]
        assert len(parent) == 1, "one constituent is split, and only one"
        small, large = sorted(jet[mask & (source == parent[0])], key=lambda p: float(p[0]))
        np.testing.assert_allclose(small * (1 - fraction), large * fraction, rtol=1e-9)


def test_constituents_are_split_in_proportion_to_their_transverse_momentum() -> None:
    p = np.array([[[3.0, 3, 0, 0], [1.0, 0, 1, 0]]]).repeat(4000, 0)
    split = registry.find_operation("collinear_split")
    found = split.move({"fractions": [0.5]}, p, np.ones((4000, 2), bool), np.random.default_rng(0))
    first = ((found.source == 0).sum(axis=1) == 2).mean()
    assert abs(first - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 4000)


def test_a_soft_emission_has_its_fraction_lies_near_the_axis_and_vanishes_in_the_limit() -> None:
    jet = JETS.vectors.sum(axis=1)
    jet_pt = np.hypot(jet[:, 1], jet[:, 2])
    for fraction in (1e-2, 1e-6):
        found = moved("soft_emission", fraction=fraction)
        new = found.vectors[found.source == -1]
        assert len(new) == len(jet)
        pt = np.hypot(new[:, 1], new[:, 2])
        np.testing.assert_allclose(pt, fraction * jet_pt)
        np.testing.assert_allclose((ETA * new**2).sum(axis=1), 0, atol=1e-10 * (new[:, 0] ** 2).max())
        d_eta = np.arcsinh(new[:, 3] / pt) - np.arcsinh(jet[:, 3] / jet_pt)
        d_phi = np.angle(np.exp(1j * (np.arctan2(new[:, 2], new[:, 1]) - np.arctan2(jet[:, 2], jet[:, 1]))))
        radius = np.hypot(d_eta, d_phi)
        assert radius.max() < SOFT_RADIUS
        assert abs(np.mean(radius**2) / SOFT_RADIUS**2 - 0.5) < 0.07, "uniform in the disc"
        change = np.abs(found.vectors.sum(axis=1) - jet).max()
        assert change < 10 * fraction * jet_pt.max()


def test_generators_give_the_group_that_they_generate_whatever_their_basis() -> None:
    rotations = rotation_generators()
    mixed = np.einsum("ab,bij->aij", np.random.default_rng(1).normal(size=(3, 3)) + 2 * np.eye(3), rotations)
    for generators in (rotations, mixed):
        settings = registry.find_operation("generators").settings({"generators": generators.tolist(), "range": 0.7})
        found = matrices("generators", settings, 100)
        np.testing.assert_allclose(found.transpose(0, 2, 1) @ found, np.eye(4)[None].repeat(100, 0), atol=1e-12)
        # ‖L‖² = 2: a rotation by the angle t, of trace 2 + 2 cos t
        np.testing.assert_allclose(np.trace(found, axis1=1, axis2=2), 2 + 2 * np.cos(0.7))
    boost = boost_generators()[2]
    settings = {"generators": [(5 * boost).tolist()], "ranges": [0.3]}
    found = matrices("generators", settings, 50)
    assert {*np.sign(found[:, 0, 3]).tolist()} == {-1.0, 1.0}
    np.testing.assert_allclose(np.abs(found), np.abs(expm(0.3 * boost))[None].repeat(50, 0), atol=1e-12)


def test_dependent_generators_count_once_and_useless_ones_are_refused() -> None:
    boost = boost_generators()
    assert orthonormal(np.concatenate([boost, boost[:1]])).shape == (3, 4, 4)
    rounded = boost[0] + 1e-7 * np.random.default_rng(0).normal(size=(4, 4))
    assert len(orthonormal(np.stack([boost[0], rounded]))) == 1, "rounding is no generator"
    (_, short) = orthonormal(np.stack([boost[0], 1e-10 * boost[1]]))
    np.testing.assert_allclose(np.abs(short), np.abs(boost[1]), atol=1e-9, err_msg="a short generator is one")
    for wrong in (np.zeros((1, 4, 4)), np.zeros((0, 4, 4)), np.ones((2, 3, 3))):
        with pytest.raises(ValueError, match="generators"):
            orthonormal(wrong)


def test_draws_repeat_by_seed_and_differ_between_seeds() -> None:
    np.testing.assert_array_equal(moved("rotation", 1).vectors, moved("rotation", 1).vectors)
    assert not np.allclose(moved("rotation", 1).vectors, moved("rotation", 2).vectors)


def test_jets_without_constituents_or_along_the_beam_stay_finite() -> None:
    vectors = np.zeros((3, 4, 4))
    vectors[1, 0] = [50.0, 0, 0, 50.0]
    vectors[2, 0] = [50.0, 50.0, 0, 0]
    mask = np.array([[False] * 4, [True, False, False, False], [True, False, False, False]])
    for operation in DEFAULT:
        registered = registry.find_operation(operation)
        found = registered.move(registered.settings({}), vectors, mask, np.random.default_rng(0))
        assert np.isfinite(found.vectors).all()
        assert not found.mask[0].any(), "nothing comes of nothing"


def test_unknown_operations_are_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown operation 'bost'; did you mean 'boost'"):
        registry.find_operation("bost")


def test_a_classifier_is_checked_under_matrices_only() -> None:
    with pytest.raises(ValueError, match="no matrix"):
        check_classifier(registry.find_classifier("pfn")(), invariant_under=["permutation"])


@pytest.mark.parametrize(
    ("operation", "given", "message"),
    [
        ("boost", {"rapiditys": 1}, "did you mean"),
        ("boost", {"rapidities": []}, "1 to 20"),
        ("boost", {"rapidities": [0.5, 0]}, "above 0"),
        ("boost", {"rapidity": True}, "above 0|must be a number"),
        ("boost", {"rapidity": 1, "rapidities": [1]}, "set the same value"),
        ("rotation", {"angle": 1}, "unknown setting"),
        ("collinear_split", {"fraction": 0.6}, "at most 0.5"),
        ("generators", {}, "missing"),
        ("generators", {"generators": [[[0.0] * 4] * 4]}, "zero"),
        ("generators", {"generators": [[[1.0] * 3] * 3]}, "4 × 4"),
        ("generators", {"generators": [[[float("nan")] * 4] * 4]}, "finite"),
    ],
)
def test_settings_that_do_not_fit_are_refused(operation: str, given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        registry.find_operation(operation).settings(given)


def test_a_grid_is_sorted_and_named_by_strength() -> None:
    boost = registry.find_operation("boost")
    settings = boost.settings({"rapidities": [2, 0.5, 2]})
    assert settings == {"rapidities": [0.5, 2.0]}
    assert boost.settings({"rapidity": 1}) == {"rapidities": [1.0]}
    assert boost.variants(settings) == [("_0.5", {"rapidities": [0.5]}), ("_2", {"rapidities": [2.0]})]
    assert registry.find_operation("rotation").variants({}) == [("", {})]
