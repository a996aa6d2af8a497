"""Invariant tensors: their numbers are known in closed form, and they are invariant under finite elements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from symbench.algebra.bases import so
from symbench.algebra.representations import (
    LEAST_GAP,
    MatrixGroup,
    cut,
    direct_sum_derivative,
    direct_sum_power,
    invariants,
    orthogonal,
    tensor_power,
    uniform_multiplicities,
)

seeds = st.integers(0, 2**32 - 1)


def counts(group: MatrixGroup, ranks: int) -> list[int]:
    return [len(invariants(group, rank)) for rank in range(ranks)]


def test_so3_has_as_many_invariants_as_riordan_numbers() -> None:
    """The multiplicity of spin 0 in the n-th power of spin 1 (OEIS A005043); reflections remove the odd ranks."""
    assert counts(orthogonal(3, special=True), 7) == [1, 0, 1, 1, 3, 6, 15]
    assert counts(orthogonal(3), 7) == [1, 0, 1, 0, 3, 0, 15]


def test_the_lorentz_group_has_three_pairings_and_epsilon_at_rank_four() -> None:
    assert counts(orthogonal(1, 3, special=True), 5) == [1, 0, 1, 0, 4]
    assert counts(orthogonal(1, 3), 5) == [1, 0, 1, 0, 3]


def test_the_invariant_of_rank_two_is_the_metric() -> None:
    (metric,) = invariants(orthogonal(1, 3), 2).maps.reshape(-1, 4, 4)
    assert np.allclose(metric / metric[0, 0], np.diag([1, -1, -1, -1]), atol=1e-12)


@settings(max_examples=8, deadline=None)
@given(seed=seeds, q=st.integers(0, 2), p=st.integers(0, 2))
def test_invariants_commute_with_finite_elements_in_any_basis(seed: int, q: int, p: int) -> None:
    """ρ_q(g) Q = Q ρ_p(g) for g of so(1,2) in a random basis, with any basis of the algebra; the number stays."""
    rng = np.random.default_rng(seed)
    change = np.linalg.qr(rng.normal(size=(3, 3)))[0] @ np.diag(rng.uniform(0.7, 1.4, 3))
    generators = np.einsum("kl,lij->kij", rng.normal(size=(3, 3)), np.linalg.inv(change) @ so(1, 2) @ change)
    found = invariants(MatrixGroup(generators), q, p)
    assert len(found) == len(invariants(orthogonal(1, 2, special=True), q, p))
    element = expm(np.einsum("k,kij->ij", rng.uniform(-0.3, 0.3, 3), generators))
    for tensor in found.maps:
        left, right = tensor_power(element, q) @ tensor, tensor @ tensor_power(element, p)
        assert np.allclose(left, right, atol=1e-8 * np.abs(tensor_power(element, max(q, p))).max())


@settings(max_examples=10, deadline=None)
@given(seed=seeds, ranks=st.lists(st.integers(0, 2), min_size=1, max_size=3))
def test_the_derivative_generates_the_representation(seed: int, ranks: list[int]) -> None:
    generator = 0.3 * np.random.default_rng(seed).normal(size=(3, 3))
    whole = direct_sum_power(expm(generator)[None], ranks)[0]
    assert np.allclose(expm(direct_sum_derivative(generator, ranks)), whole, atol=1e-9)


def test_generators_with_small_errors_have_the_same_invariants() -> None:
    """3 % off: the gap is wide. With large errors the count is refused."""
    rng = np.random.default_rng(0)
    exact = so(1, 3)
    noise = rng.normal(size=exact.shape)
    noise *= np.linalg.norm(exact[0]) / np.linalg.norm(noise, axis=(1, 2), keepdims=True)
    found = invariants(MatrixGroup(exact + 0.03 * noise), 4)
    assert len(found) == 4
    assert found.residuals[3] < 0.2
    assert found.residuals[4] > 1.3
    assert found.gap > LEAST_GAP
    with pytest.raises(ValueError, match="cannot be counted"):
        invariants(MatrixGroup(exact + 0.1 * noise), 4)


def test_the_cut_is_at_the_largest_gap_and_no_invariant_is_an_answer() -> None:
    scale = orthogonal(1, 3, special=True).vector_residual
    assert scale == pytest.approx(np.sqrt(3))
    assert cut(np.array([1e-9, 0.1, 1.4, 1.5]), scale)[0] == 1
    count, gap = cut(np.array([0.08, 0.1, 1.4, 1.5]), scale)
    assert count == 2
    assert gap == pytest.approx(14.0)
    assert cut(np.array([1.4, 1.5, 9.0]), scale)[0] == 0
    assert cut(np.array([0.2, 0.35, 0.6, 1.0]), scale)[1] < LEAST_GAP
    assert cut(np.array([0.8, 0.9, 1.0]), scale)[0] == 0


@given(factor=st.floats(1e-6, 1e6), levels=st.lists(st.floats(1e-3, 10), min_size=1, max_size=6))
def test_the_cut_depends_on_no_scale(factor: float, levels: list[float]) -> None:
    """Residuals in another unit, as those of generators of another length, have the same count and gap."""
    residuals = np.sort(levels)
    count, gap = cut(residuals, 1.7)
    moved, ratio = cut(factor * residuals, factor * 1.7)
    assert moved == count
    assert ratio == pytest.approx(gap, rel=1e-9)


def test_few_generators_of_many_dimensions_have_the_residual_of_their_number() -> None:
    """A rotation of one plane in five dimensions moves two components of five; three vectors and a metric are left."""
    plane = MatrixGroup(so(5)[:1])
    assert plane.vector_residual == pytest.approx(np.sqrt(2 / 5))
    assert counts(plane, 3) == [1, 3, 9 + 2]


@given(width=st.integers(1, 600), dimension=st.integers(2, 6), highest=st.integers(0, 3))
def test_channels_are_spread_without_rest(width: int, dimension: int, highest: int) -> None:
    counts = uniform_multiplicities(width, dimension, highest)
    assert sum(m * dimension**rank for rank, m in enumerate(counts)) == width
    assert len(counts) <= highest + 1


def test_the_paper_spreads_384_components_in_this_way() -> None:
    assert uniform_multiplicities(384, 4, 3) == (112, 28, 6, 1)
