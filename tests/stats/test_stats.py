"""Laws of intervals, tiers, learning curves and data efficiency."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import t as scipy_student

from symbench.stats import (
    Bound,
    TestScores,
    area_under_curve,
    equivalent_size,
    event_covariance,
    fit_power_law,
    mean_estimate,
    paired_difference,
    size_for,
    size_for_target,
    tiers,
)
from symbench.stats.binomial import share_of
from symbench.stats.efficiency import EquivalentSize
from symbench.stats.test_events import FloatArray, placements, variance_of_difference

numbers = st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 6))


# --- intervals


@given(st.lists(numbers, min_size=2, max_size=12), st.randoms())
@settings(max_examples=60, deadline=None)
def test_student_intervals_equal_scipys_and_do_not_depend_on_order(values: list[float], random: Random) -> None:
    found = mean_estimate(values)
    shuffled = list(values)
    random.shuffle(shuffled)
    assert mean_estimate(shuffled) == found
    spread = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    low, high = scipy_student.interval(0.95, len(values) - 1, loc=np.mean(values), scale=spread or 1e-300)
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-7)


@given(st.lists(numbers, min_size=2, max_size=8), st.floats(0.1, 10), st.floats(-10, 10))
@settings(max_examples=60, deadline=None)
def test_intervals_follow_a_change_of_units(values: list[float], factor: float, shift: float) -> None:
    plain = mean_estimate(values)
    moved = mean_estimate([-factor * v + shift for v in values])
    assert plain.low is not None
    assert plain.high is not None
    assert moved.low == pytest.approx(-factor * plain.high + shift, abs=1e-7)
    assert moved.high == pytest.approx(-factor * plain.low + shift, abs=1e-7)


@given(st.integers(2, 12), st.data())
def test_the_bounded_interval_of_0_and_1_is_that_of_clopper_and_pearson(n: int, data: st.DataObject) -> None:
    ones = data.draw(st.integers(0, n))
    found = mean_estimate([1.0] * ones + [0.0] * (n - ones), support=(0, 1), shapeless=True)
    share = share_of(ones, n)
    assert (found.mean, found.low, found.high) == (share.value, share.low, share.high)
    # the general formula, for values that are 0 and 1 but for rounding
    nearly = mean_estimate([1.0 - 1e-12] * ones + [1e-12] * (n - ones), support=(0, 1), shapeless=True)
    assert [nearly.low, nearly.high] == pytest.approx([share.low, share.high], abs=0.012)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=10), st.floats(-3, 3), st.floats(0.1, 5))
@settings(max_examples=40, deadline=None)
def test_the_bounded_interval_stays_in_its_support_and_moves_with_it(
    values: list[float], shift: float, factor: float
) -> None:
    found = mean_estimate(values, support=(0, 1), shapeless=True)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.mean <= found.high <= 1
    assert found.high - found.low > 0.1, "however well few seeds agree"
    moved = mean_estimate([shift + factor * v for v in values], support=(shift, shift + factor), shapeless=True)
    assert moved.low == pytest.approx(shift + factor * found.low, abs=0.01 * factor)
    mirrored = mean_estimate([1 - v for v in values], support=(0, 1), shapeless=True)
    assert mirrored.low == pytest.approx(1 - found.high, abs=0.012)


def test_equal_values_have_no_interval_of_zero_width_if_they_are_bounded() -> None:
    found = mean_estimate([1.0] * 5, support=(0, 1))
    assert found.low == pytest.approx(0.025**0.2)
    assert found.high == 1.0
    assert mean_estimate([6.0] * 5).low == 6.0, "a constant of the method, such as its number of parameters"


def test_the_test_set_widens_the_interval_by_its_own_variance() -> None:
    values = [0.97, 0.971, 0.969]
    plain, wider = mean_estimate(values), mean_estimate(values, extra_variance=0.01**2)
    assert wider.high is not None
    assert plain.high is not None
    assert wider.high - 0.97 == pytest.approx(1.96 * 0.01, rel=0.05), "known variances need no Student quantile"
    assert plain.high < wider.high


def test_one_seed_has_no_interval_and_none_is_an_error() -> None:
    estimate = mean_estimate([0.5])
    assert (estimate.mean, estimate.low, estimate.high, estimate.n) == (0.5, None, None, 1)
    with pytest.raises(ValueError, match="no values"):
        mean_estimate([])
    with pytest.raises(ValueError, match="finite"):
        mean_estimate([1.0, math.nan])


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


def test_scores_that_are_printed_alike_share_a_tier() -> None:
    scores = {"a": {s: 0.99996 + 1e-9 * s for s in range(10)}, "b": {s: 0.99991 - 1e-9 * s for s in range(10)}}
    assert tiers(scores) == {"a": 1, "b": 2}
    assert tiers(scores, printed=lambda value: f"{value:.3f}") == {"a": 1, "b": 1}


def test_the_test_set_may_explain_a_difference() -> None:
    scores = {"a": {s: 0.95 + 1e-4 * s for s in range(5)}, "b": {s: 0.94 + 2e-4 * s for s in range(5)}}
    assert tiers(scores) == {"a": 1, "b": 2}
    assert tiers(scores, extra_variance={("b", "a"): 0.01**2}) == {"a": 1, "b": 1}


@pytest.mark.parametrize(("seeds", "most"), [(3, 2), (4, 4), (5, 7)])
def test_success_in_every_seed_against_none_separates_a_few_entries(seeds: int, most: int) -> None:
    """2 · 4⁻ⁿ has to be below 5 % divided by the number of pairs."""

    def of(entries: int) -> int:
        scores = {f"{i}": dict.fromkeys(range(seeds), float(i == 0)) for i in range(entries)}
        return max(tiers(scores, shapeless=True).values())

    assert of(most) == 2
    assert of(most + 1) == 1


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


def _auc_by_pairs(scores: FloatArray, labels: npt.NDArray[np.integer]) -> float:
    signal, background = scores[labels == 1][:, None], scores[labels == 0][None]
    return float(np.mean((signal > background) + (signal == background) / 2))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_auc_of_all_events_equals_counting_pairs(events: list[tuple[int, bool]]) -> None:
    scores = np.array([s for s, _ in events], dtype=float)
    labels = np.array([y for _, y in events], dtype=int)
    assume(0 < labels.sum() < len(labels))
    found = placements(scores, labels == 1)
    exact = _auc_by_pairs(scores, labels)
    assert found[labels == 1].mean() == pytest.approx(exact)
    assert found[labels == 0].mean() == pytest.approx(exact)


def test_the_variance_by_test_events_is_that_of_new_test_sets() -> None:
    """Binormal scores of two methods that share most of what an event does, on many independent test sets."""
    rng = np.random.default_rng(0)
    labels = (np.arange(400) % 2).astype(int)

    def study() -> tuple[list[float], FloatArray]:
        common = rng.normal(size=400)
        scores = [d * labels + 0.9 * common + 0.4 * rng.normal(size=400) for d in (1.0, 1.3)]
        aucs = [_auc_by_pairs(row, labels) for row in scores]
        covariance = event_covariance(
            [{0: TestScores(auc, row, labels)} for auc, row in zip(aucs, scores, strict=True)]
        )
        assert covariance is not None
        return aucs, covariance

    studies = [study() for _ in range(300)]
    exact = np.cov(np.array([aucs for aucs, _ in studies]).T)
    stated = np.mean([covariance for _, covariance in studies], axis=0)
    np.testing.assert_allclose(stated, exact, rtol=0.3)
    difference = np.var([aucs[0] - aucs[1] for aucs, _ in studies], ddof=1)
    assert np.mean([variance_of_difference(c, 0, 1) for _, c in studies]) == pytest.approx(difference, rel=0.3)


def test_what_single_seeds_do_to_test_events_is_not_counted_twice() -> None:
    """Seeds with independent noise: the spread over seeds contains it, and only the common part is left."""
    rng = np.random.default_rng(1)
    labels = (np.arange(2000) % 2).astype(int)
    alone = [rng.normal(size=2000) + labels for _ in range(5)]
    covariance = event_covariance([{s: TestScores(0.5, row, labels) for s, row in enumerate(alone)}])
    single = event_covariance([{0: TestScores(0.5, alone[0], labels)}])
    assert covariance is not None
    assert single is not None
    assert covariance[0, 0] < 0.1 * single[0, 0] / 5
    assert event_covariance([{0: TestScores(0.5)}]) is None


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
                auc = _auc_by_pairs(scores, labels)
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
    found = size_for_target(mean_estimate(aucs).mean, curve, resamples=10)
    assert found is not None
    assert found.estimate == Bound(1000.0)
