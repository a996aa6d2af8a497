"""Shares and the sizes they ask for, against closed forms and by coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.stats.binomial import share_of, size_needed
from symbench.stats.curves import Bound


@pytest.mark.parametrize("n", [1, 5, 20])
def test_the_limits_of_none_and_all_have_a_closed_form(n: int) -> None:
    """P(0 of n) = (1 − p)ⁿ = 0.025 at the upper limit."""
    none, every = share_of(0, n), share_of(n, n)
    assert (none.low, every.high) == (0.0, 1.0)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / n))
    assert every.low == pytest.approx(0.025 ** (1 / n))


@given(st.integers(1, 60), st.data())
def test_the_limits_are_where_the_tails_hold_what_they_should(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    share = share_of(k, n)

    def at_most(count: int, p: float) -> float:
        return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(count + 1))

    assert share.low <= share.value <= share.high
    if k < n:
        assert at_most(k, share.high) == pytest.approx(0.025, rel=1e-6)
    if k > 0:
        assert 1 - at_most(k - 1, share.low) == pytest.approx(0.025, rel=1e-6)


def test_impossible_counts_are_refused() -> None:
    for counts in ((0, 0), (-1, 5), (6, 5)):
        with pytest.raises(ValueError, match="have no fraction"):
            share_of(*counts)
    with pytest.raises(ValueError, match="at least one size"):
        size_needed({})


def test_between_two_sizes_the_share_is_linear_in_the_logarithm() -> None:
    found = size_needed({100: (60, 100), 400: (100, 100)}, 0.8)
    assert found.size.relation == "="
    assert found.size.value == pytest.approx(200)
    assert found.low.value < 200 < found.high.value


def test_what_is_never_or_always_reached_is_censored() -> None:
    assert size_needed({100: (0, 20), 400: (10, 20)}).size == Bound(400, ">")
    always = size_needed({100: (20, 20), 400: (20, 20)})
    assert (always.size, always.low, always.high) == (Bound(100, "<"),) * 3


def test_few_seeds_say_little_however_well_they_agree() -> None:
    """5 of 5 leaves the share above 0.48: not enough for 0.8, which 17 of 17 are and 16 of 16 are not."""
    few = size_needed({100: (0, 5), 400: (5, 5)})
    assert few.size.relation == "="
    assert few.high == Bound(400, ">")
    assert size_needed({400: (16, 16)}).high.relation == ">"
    assert size_needed({400: (17, 17)}).high.relation == "<"


def test_a_share_that_falls_again_was_not_reached_for_good() -> None:
    lucky = size_needed({100: (20, 20), 400: (10, 20), 1600: (20, 20)})
    assert lucky.size.relation == "="
    assert 400 < lucky.size.value < 1600
    assert size_needed({100: (20, 20), 400: (10, 20)}).size == Bound(400, ">")


outcomes = st.dictionaries(st.integers(1, 10_000), st.integers(0, 12), min_size=1, max_size=5)


@given(outcomes, st.floats(0.05, 1.0))
def test_the_interval_holds_the_estimate(counts: dict[int, int], share: float) -> None:
    def place(bound: Bound) -> float:
        return {"<": -math.inf, ">": math.inf, "=": bound.value}[bound.relation]

    found = size_needed({n: (k, 12) for n, k in counts.items()}, share)
    assert list(found.shares) == sorted(counts)
    assert place(found.low) <= place(found.size) * (1 + 1e-12)
    assert place(found.size) <= place(found.high) * (1 + 1e-12)


def test_the_interval_covers_the_size_at_which_the_share_is_reached() -> None:
    """A share that is a straight line in log N, so that interpolating errs nowhere: 0.8 at N = 200 exactly."""
    rng = np.random.default_rng(5)
    shares = {50: 0.4, 100: 0.6, 200: 0.8, 400: 0.95}
    hits = 0
    for _ in range(400):
        found = size_needed({n: (int(rng.binomial(20, p)), 20) for n, p in shares.items()})
        above = found.low.relation == "<" or (found.low.relation == "=" and found.low.value <= 200)
        below = found.high.relation == ">" or (found.high.relation == "=" and found.high.value >= 200)
        hits += above and below
    assert hits / 400 >= 0.94
