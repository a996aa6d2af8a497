"""What `oracle` claims from data: the number of generators, found without a cap, and nothing that was not learnt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.bases import so
from symbench.algebra.label_spread import Whitening, whitening
from symbench.algebra.lorentz import boosts
from symbench.algebra.structure import name_of
from symbench.algebra.subspace import overlap, second_moment
from symbench.discovery.base import FunctionSample
from symbench.discovery.oracle.coordinates import Coordinates
from symbench.discovery.oracle.fit import CountSearch
from symbench.discovery.oracle.method import KnownOracle, Oracle
from symbench.discovery.shared.judge import worst_spreads
from symbench.discovery.shared.relevant import RelevantSpace
from symbench.tasks.base import DataContext
from symbench.tasks.function.g2 import G2

Sample = Callable[..., FunctionSample]


@pytest.mark.parametrize(("task", "name", "k"), [("so3", "so(3)", 3), ("lorentz", "so(1,3)", 6), ("so2", "so(2)", 1)])
def test_the_count_is_found_from_data(sample: Sample, task: str, name: str, k: int) -> None:
    found = Oracle().fit(sample(task, 200), seed=0, budget=1.0)
    assert len(found.generators) == k
    assert name_of(found.generators) == name
    assert found.scalars["label_spread_upper"] < 0.2
    assert found.arrays["generator_samples"].shape == (5, *found.generators.shape)


def test_recorded_dimuons_have_the_lorentz_algebra(sample: Sample) -> None:
    events = sample("cms-dimuon-mass", 400)
    found = Oracle().fit(events, seed=0, budget=1.0)
    assert len(found.generators) == 6
    assert np.degrees(np.max(overlap(found.generators, so(1, 3), second_moment(events.x)).angles)) < 1


def test_a_column_that_the_label_ignores_adds_no_generator(sample: Sample) -> None:
    """With a cap of ten generators the search ended at so(1,4), a subalgebra of nothing that is true."""
    events = sample("lorentz", 200)
    irrelevant = np.random.default_rng(0).normal(size=(200, 1, 1))
    wider = replace(events, x=np.concatenate([events.x, irrelevant], axis=2))
    found = Oracle().fit(wider, seed=0, budget=1.0)
    assert found.scalars["ignored"] == 1
    assert len(found.generators) == 6
    assert name_of(found.generators) == "so(1,3)"
    relevant = found.generators[:, :4, :4]  # the label ignores what the column itself does
    assert np.degrees(np.max(overlap(relevant, so(1, 3), second_moment(events.x)).angles)) < 0.5


def test_more_generators_than_ten_are_found() -> None:
    x = np.random.default_rng(0).normal(size=(200, 1, 6))
    found = Oracle().fit(FunctionSample(x, np.sum(x**2, axis=(1, 2)), "number"), seed=0, budget=1.0)
    assert found.scalars["most"] == 15
    assert np.degrees(np.max(overlap(found.generators, so(6)).angles)) < 1


@pytest.mark.parametrize("task", ["cms-dimuon-mass", "so3"])
def test_permuted_labels_are_not_learnt_and_nothing_is_claimed_of_them(sample: Sample, task: str) -> None:
    """The same networks made and judged the claims before: 7 of 15 were claimed of dimuons."""
    claims = 0
    for seed in range(10):
        events = sample(task, 100, seed)
        permuted = replace(events, y=np.random.default_rng(seed).permutation(events.y))
        found = Oracle().fit(permuted, seed=seed, budget=1.0)
        claims += len(found.generators) > 0
        assert found.scalars["learnt"] in (0, 1)
        assert not (found.scalars["learnt"] == 0 and len(found.generators))
    assert claims == 0


def test_a_given_number_of_generators_is_not_claimed_of_a_label_that_is_not_learnt(sample: Sample) -> None:
    events = sample("so3", 100)
    permuted = replace(events, y=np.random.default_rng(0).permutation(events.y))
    found = Oracle(generators=3).fit(permuted, seed=0, budget=1.0)
    assert found.scalars["learnt"] == 0
    assert len(found.generators) == 0


@pytest.mark.parametrize("task", ["no-symmetry", "weakly-broken"])
def test_the_automatic_count_abstains_and_a_given_one_does_not(sample: Sample, task: str) -> None:
    events = sample(task, 200)
    found = Oracle().fit(events, seed=0, budget=1.0)
    assert len(found.generators) == 0
    assert found.scalars["learnt"] == 1
    assert len(found.arrays["losses"]) == found.scalars["most"]
    stated = Oracle(generators=3).fit(events, seed=0, budget=1.0)
    assert len(stated.generators) == 3
    assert stated.scalars["label_spread_upper"] > 0.2


def test_the_verdict_does_not_depend_on_frame_and_units(sample: Sample) -> None:
    """x ↦ A x conjugates the algebra: a boost of rapidity 2, and units of 1 : 1000."""
    events = sample("lorentz", 150)
    here = Oracle().fit(events, seed=0, budget=1.0).generators
    boost = boosts(np.array([[0.0, 0.0, 1.0]]), np.array([2.0]))[0]
    for a in (boost, np.diag([1.0, 1000.0, 30.0, 0.1])):
        moved = replace(events, x=events.x @ a.T)
        there = Oracle().fit(moved, seed=0, budget=1.0).generators
        back = np.linalg.inv(a) @ there @ a
        assert len(there) == len(here) == 6
        assert np.degrees(np.max(overlap(back, here, second_moment(events.x)).angles)) < 0.1


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 9))
def test_no_span_of_more_matrices_than_the_search_begins_with_can_pass(seed: int, k: int) -> None:
    """Courant–Fischer: the worst σ² of k directions is at least the k-th smallest, which the null space attains."""
    rng = np.random.default_rng(seed)
    roots = [rng.normal(size=(9, 9)) * rng.uniform(0, 0.2, 9) for _ in range(3)]
    space = RelevantSpace.of(*whitened(rng.normal(size=(40, 1, 3))))
    search = CountSearch(
        Oracle(), Coordinates.of(space), roots[0], roots, [root @ root.T for root in roots], np.zeros((9, 9)), 0, 1
    )
    best = np.linalg.eigh(search.pooled)[1][:, :k]
    for directions in (rng.normal(size=(9, k)), best):
        passes = worst_spreads(directions, search.pooled, search.length)[-1] < search.method.bound**2
        assert k <= search.most() or not passes
    assert passes == (k <= search.most())


def whitened(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, Whitening, np.ndarray]:
    """The arguments of a space in which no direction is ignored."""
    return x, np.ones(len(x), dtype=np.bool_), whitening(x), np.zeros((3, 0))


def test_the_sparse_variant_gives_single_planes_of_rotation(sample: Sample) -> None:
    found = Oracle(generators=3, sparsity=1e-2, starts=6).fit(sample("so3", 200), seed=0, budget=1.0).generators
    entries = np.sort(np.abs(found).reshape(3, 9), axis=1)
    assert np.all(entries[:, -3] < 0.2 * entries[:, -2])


def test_one_generator_too_many_has_the_loss_of_a_crowded_frame() -> None:
    """k + 1 vectors in k dimensions, of squared length 2 and orthogonal: the best symmetric Gram matrix
    a (1 − 11ᵀ/(k + 1)) has the loss 4(k + 1)/(2k + 1), 60/29 for the fourteen generators of g2."""
    task = G2(events=375, test_events=10)
    data = task.load(DataContext(Path("unused")))
    sample = replace(task.sample(data), label_function=task.label_function())
    sample = replace(sample, x=sample.x[:375], y=sample.y[:375])
    crowded = KnownOracle(generators=15, starts=1, closure_power=2).fit(sample, seed=0, budget=1.0)
    assert crowded.scalars["loss"] == pytest.approx(60 / 29, rel=1e-5)
    found = KnownOracle(generators="auto", starts=1, closure_power=2).fit(sample, seed=0, budget=1.0)
    assert found.name == "g2"
    assert len(found.generators) == 14
    assert found.scalars["loss"] < 1e-9
