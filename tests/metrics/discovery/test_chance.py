"""Chance against simulated random claims, and the range of the corrected score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.algebra.bases import so
from symbench.algebra.subspace import Overlap, overlap, random_generators
from symbench.data.samples import ConservedQuantities
from symbench.metrics.discovery.chance import (
    chance_metrics,
    chance_of_fields,
    chance_of_quantities,
    chance_of_spans,
    random_functions,
)
from symbench.metrics.fields import coordinate_spread, field_overlap, linear_fields, orthonormal_fields


@pytest.mark.parametrize("k", [1, 3, 6, 12])
def test_mean_and_spread_are_those_of_random_subspaces(k: int) -> None:
    rng = np.random.default_rng(k)
    claims = [overlap(random_generators(k, 4, rng), so(1, 3)) for _ in range(1500)]
    found = [chance_metrics(claim.f1, chance_of_spans(claim)) for claim in claims]
    scores = np.array([metrics["f1_chance_corrected"] for metrics in found])
    assert abs(scores.mean()) < 4 * scores.std() / np.sqrt(len(scores))
    assert found[0]["f1_chance_deviation"] == pytest.approx(scores.std(), rel=0.07)


@given(st.integers(1, 16), st.integers(1, 16), st.data())
def test_the_score_of_a_subspace_is_between_minus_one_and_one(k: int, truth: int, data: st.DataObject) -> None:
    """At least k + k* − D directions are shared; the bound −1 is reached by two orthogonal halves."""
    least = max(0, k + truth - 16)
    cosines = [1.0] * least + data.draw(
        st.lists(st.floats(0, 1), min_size=min(k, truth) - least, max_size=min(k, truth) - least)
    )
    spans = Overlap(k, truth, 16, np.arccos(np.sqrt(np.array(cosines))))
    chance = chance_of_spans(spans)
    if chance.mean < 1 - 1e-12:
        unclipped = (spans.f1 - chance.mean) / (1 - chance.mean)
        assert -1 - 1e-9 <= unclipped <= 1 + 1e-9


def test_abstaining_scores_0_and_claiming_everything_no_more() -> None:
    none = overlap(np.zeros((0, 4, 4)), so(1, 3))
    assert chance_metrics(0.0, chance_of_spans(none))["f1_chance_corrected"] == 0.0
    everything = overlap(np.eye(16).reshape(16, 4, 4), so(1, 3))
    assert chance_metrics(everything.f1, chance_of_spans(everything))["f1_chance_corrected"] == pytest.approx(0)


def test_random_linear_fields_score_0_and_the_true_field_1() -> None:
    """The true field is not linear, but its span overlaps with that of the linear fields."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 1, 2))
    spread = coordinate_spread(x)
    truth = np.stack([x[..., ::-1] * [1.0, -1.0] + 0.5 * x**2])
    linear = orthonormal_fields(linear_fields(np.eye(4).reshape(4, 2, 2))(x), spread)
    rows = orthonormal_fields(truth, spread)
    scores, deviations = [], []
    for _ in range(1500):
        drawn = np.linalg.qr(rng.normal(size=(4, 1)))[0].T @ linear  # uniform in the inner product of fields
        claim = field_overlap(drawn.reshape(1, 200, 1, 2) * spread, truth, spread)
        metrics = chance_metrics(claim.f1, chance_of_fields(claim, linear, rows))
        scores.append(metrics["f1_chance_corrected"])
        deviations.append(metrics["f1_chance_deviation"])
    assert abs(np.mean(scores)) < 4 * np.std(scores) / np.sqrt(len(scores))
    assert deviations[0] == pytest.approx(np.std(scores), rel=0.07)
    exact = field_overlap(truth, truth, spread)
    assert chance_metrics(exact.f1, chance_of_fields(exact, linear, rows))["f1_chance_corrected"] == pytest.approx(1)


def test_quantities_are_compared_with_as_many_random_functions() -> None:
    x = np.random.default_rng(0).normal(size=(50, 3))
    counts: list[int] = []

    def scored(claims: list[ConservedQuantities]) -> list[float]:
        counts.extend(claim.count for claim in claims)
        return [0.1 * i for i in range(len(claims))]

    chance = chance_of_quantities(2, x, scored)
    assert set(counts) == {2}
    assert chance.mean == pytest.approx(0.15)
    assert chance_of_quantities(0, x, scored).mean == 0.0
    one, same, other = (random_functions(x, 2, np.random.default_rng(seed)).values(x) for seed in (1, 1, 2))
    assert (one == same).all()
    assert not (one == other).any()
