"""Which events seeds draw: disjoint as long as possible, contained, and independent of the number of seeds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.data.container import Dataset, Provenance
from symbench.data.draws import DISJOINT_SEEDS, drawn, order, shared_fraction
from symbench.data.sizes import Sizes
from symbench.data.splits import split

pools = st.integers(1, 300)


@given(pools, st.integers(1, 12))
def test_seeds_draw_disjoint_events_if_the_pool_holds_all_of_them(pool: int, seeds: int) -> None:
    size = pool // seeds
    together = np.concatenate([drawn(pool, size, seed) for seed in range(seeds)])
    assert len(np.unique(together)) == seeds * size
    assert shared_fraction(pool, size, range(seeds)) == 0.0


@given(pools, st.integers(0, DISJOINT_SEEDS + 2), st.data())
def test_each_order_is_a_permutation_and_contains_smaller_draws(pool: int, seed: int, data: st.DataObject) -> None:
    assert sorted(order(pool, seed).tolist()) == list(range(pool))
    large = data.draw(st.integers(0, pool))
    small = data.draw(st.integers(0, large))
    assert drawn(pool, large, seed)[:small].tolist() == drawn(pool, small, seed).tolist()


@given(st.integers(10, 200), st.integers(2, 6), st.data())
def test_the_shared_fraction_is_the_mean_over_pairs(pool: int, seeds: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, pool))
    sets = [set(drawn(pool, size, seed).tolist()) for seed in range(seeds)]
    pairs = [len(a & b) / size for a, b in combinations(sets, 2)]
    assert shared_fraction(pool, size, range(seeds)) == pytest.approx(sum(pairs) / len(pairs))
    assert shared_fraction(pool, pool, range(seeds)) == 1.0


def test_overlaps_are_smaller_than_those_of_independent_draws() -> None:
    assert shared_fraction(400, 80, range(5)) == 0.0
    assert shared_fraction(400, 100, range(5)) < 100 / 400
    for size in (100, 150, 200, 300):
        assert shared_fraction(400, size, range(5)) < size / 400
    assert shared_fraction(400, 100, range(100, 105)) == pytest.approx(100 / 400, abs=0.1)


def test_a_seed_prefers_no_part_of_the_pool() -> None:
    """Numbers of the first tenth that seed 4 draws, relative to the pool, over 300 pools, which are much alike."""
    places = np.concatenate([(drawn(pool, pool // 10, 4) + 0.5) / pool for pool in range(200, 500)])
    assert places.mean() == pytest.approx(0.5, abs=0.06)
    assert places.var() == pytest.approx(1 / 12, abs=0.02)


def test_a_split_draws_them_from_its_training_events_only() -> None:
    events = np.arange(100, dtype=np.uint64)
    data = Dataset(
        np.ones((100, 1, 4)), np.ones((100, 1), bool), np.zeros(100), events, Provenance("made for a test", "-", "-")
    )
    parts = [split(data, Sizes(60, 10, 30), train_size=20, validation_size=3, seed=seed) for seed in range(3)]
    train = [set(part.train.event_id.tolist()) for part in parts]
    assert len(set().union(*train)) == 60
    assert not set().union(*train) & set(parts[0].test.event_id.tolist())
    assert all((part.test.event_id == parts[0].test.event_id).all() for part in parts)
    assert len(set(np.concatenate([part.validation.event_id for part in parts]).tolist())) == 9
