"""Laws of intervals, tiers, learning curves and data efficiency."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symbench.stats import (
    Bound,
    TestScores,
    area_under_curve,
    bootstrap_mean,
    equivalent_size,
    fit_power_law,
    paired_difference,
    resampled_auc,
    size_for,
    size_for_target,
    tiers,
)
from symbench.stats.efficiency import EquivalentSize, FloatArray
from symbench.stats.intervals import expanded_tail

numbers = st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 6))


# --- intervals


@pytest.mark.parametrize(("n", "coverage", "samples"), [(3, 0.750, 4000), (5, 0.9205, 4000), (20, 0.948, 500)])
def test_the_interval_covers_the_mean_of_normal_data_as_stated(n: int, coverage: float, samples: int) -> None:
    """0.75 is exact for n = 3 (the range), 0.9205 comes from a million samples at n = 5."""
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(samples):
        estimate = bootstrap_mean(rng.normal(3.0, 2.0, size=n).tolist(), resamples=1000)
        assert estimate.low is not None
        assert estimate.high is not None
        hits += estimate.low <= 3.0 <= estimate.high
    deviation = math.sqrt(coverage * (1 - coverage) / samples)
    assert abs(hits / samples - coverage) < 3 * deviation


def test_the_plain_percentile_interval_would_cover_less() -> None:
    """Why the tail is expanded: at n = 5 the level 2.5 % would be read too far in."""
    assert expanded_tail(5) < 0.002
    assert expanded_tail(100) == pytest.approx(0.025, rel=0.15)


def test_enumeration_equals_the_full_list_of_resamples() -> None:
    values = [0.3, -1.0, 2.5, 0.4]
    means = np.sort([np.mean(drawn) for drawn in product(values, repeat=4)])
    tail = expanded_tail(4)
    estimate = bootstrap_mean(values)
    assert estimate.low == pytest.approx(means[math.ceil(tail * 256) - 1])
    assert estimate.high == pytest.approx(means[-math.ceil(tail * 256)])


@given(st.lists(numbers, min_size=2, max_size=12), st.randoms())
@settings(max_examples=60, deadline=None)
def test_intervals_do_not_depend_on_order_and_stay_inside_the_data(values: list[float], random: Random) -> None:
    estimate = bootstrap_mean(values, resamples=200)
    shuffled = list(values)
    random.shuffle(shuffled)
    assert bootstrap_mean(shuffled, resamples=200) == estimate
    assert estimate.low is not None
    assert estimate.high is not None
    assert min(values) - 1e-9 <= estimate.low <= estimate.mean <= estimate.high <= max(values) + 1e-9


@given(st.lists(numbers, min_size=2, max_size=8), st.floats(0.1, 10), st.floats(-10, 10))
@settings(max_examples=60, deadline=None)
def test_intervals_follow_a_change_of_units(values: list[float], factor: float, shift: float) -> None:
    plain = bootstrap_mean(values)
    moved = bootstrap_mean([-factor * v + shift for v in values])
    assert plain.low is not None
    assert plain.high is not None
    assert moved.low == pytest.approx(-factor * plain.high + shift, abs=1e-8)
    assert moved.high == pytest.approx(-factor * plain.low + shift, abs=1e-8)


def test_one_seed_has_no_interval_and_none_is_an_error() -> None:
    estimate = bootstrap_mean([0.5])
    assert (estimate.mean, estimate.low, estimate.high, estimate.n) == (0.5, None, None, 1)
    with pytest.raises(ValueError, match="no values"):
        bootstrap_mean([])
    with pytest.raises(ValueError, match="finite"):
        bootstrap_mean([1.0, math.nan])


def test_drawn_resamples_are_fixed_by_their_seed() -> None:
    values = np.random.default_rng(0).normal(size=15).tolist()
    assert bootstrap_mean(values, seed=1) == bootstrap_mean(values, seed=1)
    assert bootstrap_mean(values, seed=1) != bootstrap_mean(values, seed=2)


def test_pairing_removes_what_seeds_share() -> None:
    shared = np.random.default_rng(0).normal(0, 5, size=6)
    a = {s: float(x) + 0.1 for s, x in enumerate(shared)}
    b = {s: float(x) for s, x in enumerate(shared)} | {99: 1e6}
    difference = paired_difference(a, b)
    assert difference is not None
    assert difference.n == 6
    assert difference.low == pytest.approx(0.1)
    assert paired_difference({1: 0.0}, {2: 0.0}) is None


# --- tiers


def test_separable_entries_get_their_own_tier_and_others_share_one() -> None:
    rng = np.random.default_rng(3)
    data = rng.normal(0, 0.01, size=8)
    scores = {
        "best": {s: 0.9 + data[s] + rng.normal(0, 1e-3) for s in range(8)},
        "as good": {s: 0.9 + data[s] + rng.normal(0, 1e-3) for s in range(8)},
        "worse": {s: 0.88 + data[s] + rng.normal(0, 1e-3) for s in range(8)},
    }
    assert tiers(scores) == {"best": 1, "as good": 1, "worse": 2}
    flipped = {name: {s: -v for s, v in by_seed.items()} for name, by_seed in scores.items()}
    assert tiers(flipped, higher_is_better=False) == tiers(scores)


def test_one_seed_separates_nothing() -> None:
    assert tiers({"a": {0: 1.0}, "b": {0: 0.0}, "never ran": {}}) == {"a": 1, "b": 1}


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1, max_size=3),
        st.lists(numbers, min_size=4, max_size=4).map(lambda v: dict(enumerate(v))),
        min_size=1,
        max_size=6,
    ),
    st.randoms(),
)
@settings(max_examples=60, deadline=None)
def test_a_worse_mean_never_has_a_better_tier(scores: dict[str, dict[int, float]], random: Random) -> None:
    ranks = tiers(scores)
    names = sorted(scores, key=lambda name: -sum(sorted(scores[name].values())))
    assert [ranks[name] for name in names] == sorted(ranks.values())
    assert sorted(set(ranks.values())) == list(range(1, max(ranks.values()) + 1))
    random.shuffle(names)
    assert tiers({name: scores[name] for name in names}) == ranks


# --- curves


def test_a_curve_is_linear_in_log_n() -> None:
    assert size_for([100, 10_000], [0.5, 0.9], 0.7).value == pytest.approx(1000)


@given(st.floats(0.51, 0.89), st.integers(2, 6))
def test_size_for_inverts_interpolation(target: float, count: int) -> None:
    sizes = np.geomspace(100, 10_000, count)
    scores = np.linspace(0.5, 0.9, count)
    found = size_for(sizes.tolist(), scores.tolist(), target)
    assert found.relation == "="
    assert np.interp(np.log(found.value), np.log(sizes), scores) == pytest.approx(target)


def test_targets_beyond_the_curve_are_censored() -> None:
    assert size_for([10, 100], [0.2, 0.4], 0.5) == Bound(100.0, ">")
    assert size_for([10, 100], [0.2, 0.4], 0.1) == Bound(10.0, "<")
    assert size_for([100, 10], [0.4, 0.2], 0.2) == Bound(10.0, "=")
    assert str(Bound(30000.0, ">").scaled(0.1)) == "> 3,000"
    with pytest.raises(ValueError, match="distinct"):
        size_for([10, 10], [0.1, 0.2], 0.1)


def test_the_area_is_the_mean_over_log_n() -> None:
    assert area_under_curve([10, 100, 1000], [0.0, 0.5, 1.0]) == pytest.approx(0.5)
    assert area_under_curve([10, 10_000], [0.3, 0.3]) == pytest.approx(0.3)
    assert area_under_curve([10], [1.0]) is None


# --- power law


@given(st.floats(0.5, 1.0), st.floats(-5, -0.1), st.floats(0.1, 1.5))
@settings(deadline=None)
def test_an_exact_power_law_is_recovered(a: float, b: float, c: float) -> None:
    sizes = [100, 300, 1000, 3000, 10_000]
    fit = fit_power_law(sizes, [[a + b * n**-c for n in sizes]])
    assert fit is not None
    assert fit.exponent == pytest.approx(c, rel=0.01, abs=0.01)
    assert fit(1000) == pytest.approx(a + b * 1000**-c, abs=1e-3 * abs(b))
    assert fit.limit_interval is None


def test_the_power_law_interval_contains_the_truth_and_two_sizes_give_none() -> None:
    rng = np.random.default_rng(5)
    sizes = np.array([100, 200, 400, 800, 1600, 3200])
    table = 0.95 - 2.0 * sizes**-0.5 + rng.normal(0, 2e-3, size=(8, 6))
    fit = fit_power_law(sizes.tolist(), table)
    assert fit is not None
    assert fit.limit_interval is not None
    assert fit.exponent_interval is not None
    assert fit.identified
    assert fit.limit_interval[0] < 0.95 < fit.limit_interval[1]
    assert fit.exponent_interval[0] < 0.5 < fit.exponent_interval[1]
    assert fit_power_law([1, 2], [[0.1, 0.2]]) is None
    flat = fit_power_law([1, 10, 100], [[0.5, 0.5, 0.5]])
    assert flat is not None
    assert not flat.identified


# --- data efficiency


def _auc_by_pairs(scores: FloatArray, labels: npt.NDArray[np.int64]) -> float:
    signal, background = scores[labels == 1][:, None], scores[labels == 0][None]
    return float(np.mean((signal > background) + (signal == background) / 2))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_auc_of_all_events_equals_counting_pairs(events: list[tuple[int, bool]]) -> None:
    scores = np.array([s for s, _ in events], dtype=float)
    labels = np.array([y for _, y in events], dtype=int)
    assume(0 < labels.sum() < len(labels))
    found = resampled_auc(scores, labels, np.ones((1, len(events))))
    assert found[0] == pytest.approx(_auc_by_pairs(scores, labels))


def test_resampled_auc_agrees_with_recomputing_it() -> None:
    rng = np.random.default_rng(0)
    labels = (np.arange(400) % 2).astype(int)
    scores = np.round(rng.normal(size=400) + 1.5 * labels, 1)  # rounded, so that there are ties
    weights = rng.multinomial(400, np.full(400, 1 / 400), size=60)
    exact = np.array([_auc_by_pairs(np.repeat(scores, w), np.repeat(labels, w)) for w in weights])
    found = resampled_auc(np.stack([scores, -scores]), labels, weights)
    assert found.shape == (60, 2)
    # the terms left out are a twentieth of the spread at N = 400
    assert np.abs(found[:, 0] - exact).max() < 0.2 * exact.std()
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-12)
    assert np.isnan(resampled_auc(scores, labels, labels[None])[0])


def _curve(
    sizes: Sequence[int], gain: float, seeds: int, *, noise: float = 0.0, events: bool = False
) -> dict[int, dict[int, TestScores]]:
    labels = (np.arange(600) % 2).astype(np.uint8)
    curve: dict[int, dict[int, TestScores]] = {}
    for n in sizes:
        curve[n] = {}
        for s in range(seeds):
            rng = np.random.default_rng([int(gain), n, s])
            auc = 0.5 + 0.1 * math.log10(n * gain) + noise * rng.normal()
            common = np.random.default_rng(8).normal(size=600)  # what all networks make of an event
            scores = common + 0.3 * rng.normal(size=600) + 3 * auc * labels if events else None
            if scores is not None:
                auc = float(resampled_auc(scores, labels, np.ones((1, 600)))[0])
            curve[n][s] = TestScores(auc, scores, labels if events else None)
    return curve


def test_a_method_that_needs_a_third_of_the_data_has_efficiency_three() -> None:
    baseline = _curve((100, 1000, 10_000), 1.0, 4, noise=1e-4)
    method = _curve((1000,), 3.0, 4, noise=1e-4)[1000]
    found = equivalent_size(method, baseline)
    assert found is not None
    assert found.estimate.value == pytest.approx(3000, rel=0.02)
    assert found.low is not None
    assert found.high is not None
    assert found.low.value <= found.estimate.value <= found.high.value
    assert found.high.value / found.low.value < 1.05
    assert not found.events_resampled


def test_scores_beyond_the_baseline_are_censored_and_one_seed_has_no_interval() -> None:
    baseline = _curve((100, 1000), 1.0, 3)
    best = equivalent_size(_curve((1000,), 1000.0, 3)[1000], baseline)
    assert best is not None
    assert (best.estimate, best.low, best.high) == (Bound(1000.0, ">"),) * 3
    single = equivalent_size({0: TestScores(0.75)}, baseline)
    assert single is not None
    assert (single.low, single.high, single.seeds) == (None, None, 1)
    assert equivalent_size({77: TestScores(0.75)}, baseline) is None


def test_the_test_events_widen_the_interval_of_a_target_and_cancel_in_a_comparison() -> None:
    sizes = (100, 1000, 10_000)
    baseline, method = _curve(sizes, 1.0, 5, events=True), _curve((1000,), 3.0, 5, events=True)[1000]
    alone = {n: {s: TestScores(c.auc) for s, c in row.items()} for n, row in baseline.items()}
    compared = equivalent_size(method, baseline, resamples=400)
    assert compared is not None
    assert compared.events_resampled
    assert equivalent_size(method, baseline, resamples=400) == compared

    def width(found: EquivalentSize) -> float:
        assert found.low is not None
        assert found.high is not None
        return math.log(found.high.value / found.low.value)

    target = float(np.mean([c.auc for c in method.values()]))
    reached, without = (size_for_target(target, curve, resamples=400) for curve in (baseline, alone))
    assert reached is not None
    assert without is not None
    assert not without.events_resampled
    assert reached.estimate == without.estimate == compared.estimate
    assert width(reached) > 2 * width(without)
    assert width(compared) < width(reached)


def test_size_for_a_fixed_target() -> None:
    found = size_for_target(0.75, _curve((100, 1000), 1.0, 3))
    assert found is not None
    assert found.estimate.value == pytest.approx(10**2.5)
    assert size_for_target(0.75, {}) is None


@given(st.lists(st.floats(0.5, 1.0), min_size=2, max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_curve_reaches_its_own_mean_score_at_the_size_that_has_it(aucs: list[float]) -> None:
    """A target read off a leaderboard and the curve's point are the same number, not equal up to rounding."""
    curve = {
        size: {s: TestScores(auc * factor) for s, auc in enumerate(aucs)} for size, factor in ((100, 0.5), (1000, 1.0))
    }
    found = size_for_target(bootstrap_mean(aucs).mean, curve, resamples=10)
    assert found is not None
    assert found.estimate == Bound(1000.0)
