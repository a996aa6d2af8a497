import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.algebra.bases import so
from symbench.algebra.names import named_algebra
from symbench.algebra.subspace import (
    moment_factor,
    orthonormal,
    orthonormal_generators,
    overlap,
    random_generators,
    second_moment,
)

SEEDS = st.integers(0, 10_000)


def rng(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def moment(seed: int, d: int = 4) -> np.ndarray:
    return second_moment(rng(seed).standard_normal((50, 2, d)) * np.arange(1, d + 1))


@given(seed=SEEDS)
def test_the_weighted_inner_product_is_how_two_generators_move_the_data(seed: int) -> None:
    x = rng(seed).standard_normal((30, 2, 3))
    a, b = rng(seed + 1).standard_normal((2, 3, 3))
    sigma = second_moment(x)
    moved = np.einsum("npi,npi->n", x @ a.T, x @ b.T).mean()
    assert np.trace(a @ sigma @ b.T) == pytest.approx(moved, rel=1e-10, abs=1e-12)
    factor = moment_factor(sigma)
    assert np.sum((a @ factor) * (b @ factor)) == pytest.approx(moved, rel=1e-9, abs=1e-12)


@given(seed=SEEDS)
def test_a_span_has_no_angle_to_itself_in_whatever_basis(seed: int) -> None:
    basis = so(1, 3)
    mixed = np.einsum("ij,jab->iab", rng(seed).standard_normal((6, 6)) + 3 * np.eye(6), basis)
    found = overlap(mixed, basis, moment(seed))
    assert found.found == found.truth == 6
    assert np.max(found.angles) < 1e-10  # and not 1e-8, which arccos of a rounded 1 would give
    assert found.f1 == pytest.approx(1, abs=1e-14)


@given(seed=SEEDS, angle=st.floats(1e-12, math.pi / 2))
def test_a_tilted_line_has_the_angle_it_was_tilted_by(seed: int, angle: float) -> None:
    a, b = random_generators(2, 3, rng(seed))
    tilted = math.cos(angle) * a + math.sin(angle) * b
    found = overlap(tilted[None], a[None])
    assert found.angles[0] == pytest.approx(angle, rel=1e-3 if angle < 1e-9 else 1e-6, abs=1e-15)
    assert found.recall == pytest.approx(math.cos(angle) ** 2, abs=1e-12)
    assert found.grassmann == pytest.approx(found.angles[0])


@given(seed=SEEDS, k=st.integers(1, 8), truth=st.integers(1, 8))
def test_overlap_is_symmetric_and_bounded(seed: int, k: int, truth: int) -> None:
    random = rng(seed)
    a, b, sigma = random_generators(k, 4, random), random_generators(truth, 4, random), moment(seed)
    one, two = overlap(a, b, sigma), overlap(b, a, sigma)
    assert np.allclose(one.angles, two.angles, atol=1e-9)
    assert one.recall == pytest.approx(two.precision)
    assert 0 <= one.f1 <= 1
    assert len(one.angles) == min(k, truth)


def test_a_random_subspace_scores_what_chance_says() -> None:
    truth, random = so(1, 3), rng(3)
    shared = [overlap(random_generators(5, 4, random), truth) for _ in range(400)]
    assert np.mean([found.f1 for found in shared]) == pytest.approx(shared[0].f1_of_chance, abs=0.01)
    assert np.mean([found.recall for found in shared]) == pytest.approx(5 / 16, abs=0.02)


def test_what_annihilates_the_data_drops_out() -> None:
    x = rng(0).standard_normal((100, 1, 3))
    x[..., 2] = 0  # data in a plane: of so(3), the rotation in it and two that tip it out remain
    sigma = second_moment(x)
    nothing = np.zeros((1, 3, 3))
    nothing[0, 1, 2] = 1.0
    assert len(orthonormal(nothing, sigma)) == 0
    assert len(orthonormal(np.concatenate([so(3), nothing]), sigma)) == 3
    found = overlap(np.concatenate([so(3), nothing]), so(3), sigma)
    assert (found.precision, found.recall) == pytest.approx((1, 1))
    assert found.ambient == 6
    assert overlap(np.concatenate([so(3), nothing]), so(3)).precision < 1


@given(seed=SEEDS)
def test_what_annihilates_data_on_an_oblique_plane_drops_out(seed: int) -> None:
    """Off the axes its product with the data is rounding, and no direction."""
    random = rng(seed)
    frame, _ = np.linalg.qr(random.standard_normal((4, 4)))
    sigma = second_moment(random.standard_normal((100, 1, 3)) @ frame[:, :3].T)
    normal = frame[:, 3]
    nothing = np.outer(random.standard_normal(4), normal)[None]
    assert len(orthonormal(nothing, sigma)) == 0
    assert len(orthonormal(np.concatenate([so(4), nothing]), sigma)) == 6
    # Generators that differ by what annihilates the data are the same.
    moved = so(4) + random.standard_normal((6, 4))[:, :, None] * normal
    assert np.max(overlap(moved, so(4), sigma).angles) < 1e-7


@given(seed=SEEDS, angle=st.floats(1e-9, 1e-3))
def test_small_weighted_angles_keep_their_digits(seed: int, angle: float) -> None:
    random, sigma = rng(seed), moment(seed)
    factor = moment_factor(sigma)
    # Two generators that are orthonormal in tr(L Σ Mᵀ), tilted in the plane between them.
    rows = np.linalg.qr(random.standard_normal((16, 2)))[0].T.reshape(2, 4, 4) @ np.linalg.inv(factor)
    tilted = math.cos(angle) * rows[0] + math.sin(angle) * rows[1]
    assert overlap(tilted[None], rows[:1], sigma).angles[0] == pytest.approx(angle, rel=1e-4, abs=1e-13)


def test_dependent_generators_count_once_and_their_length_does_not_matter() -> None:
    basis = so(3)
    again = np.concatenate([basis, 1e-5 * (basis[:1] + basis[1:2]), np.zeros((1, 3, 3))])
    assert len(orthonormal_generators(again)) == 3
    gram = np.einsum("iab,jab->ij", *[orthonormal_generators(again)] * 2)
    assert np.allclose(gram, np.eye(3), atol=1e-12)


def test_nothing_claimed_is_a_claim_too() -> None:
    found = overlap(np.zeros((0, 4, 4)), named_algebra("so(1,3)"))
    assert (found.found, found.truth, len(found.angles), found.recall) == (0, 6, 0, 0.0)


def test_more_random_generators_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 4 independent"):
        random_generators(5, 2, rng(0))
