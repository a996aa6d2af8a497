"""A search hands out what it lacks, within its budget, and stops what lags behind, however often it is interrupted."""

from __future__ import annotations

import math
import random
from types import SimpleNamespace

import pytest

from symbench.trial.spec import TrialSpec
from symbench.tuning.course import Course
from symbench.tuning.halving import Halving, portions, rung_metric
from symbench.tuning.search import Settings
from tests.tuning.searches import ended, made_up

ASHA = Settings(search="asha", trials=40, train_size=100, reduction=3)


def _index(spec: TrialSpec | None) -> int:
    assert spec is not None
    assert spec.configuration is not None
    return spec.configuration.index


def test_what_has_a_result_is_not_trained_again() -> None:
    search = made_up()
    specs = list(search.specs())
    course = Course(search, {0: ended(specs[0], 0.5), 2: ended(specs[2], None)})
    handed = [course.next(), course.next()]
    assert [_index(spec) for spec in handed] == [1, 3]
    assert course.next() is None
    for spec in handed:
        assert spec is not None
        course.ended(ended(spec, 0.4))
    assert course.search_state.finished
    assert course.next() is None


def test_equal_numbers_of_configurations_for_every_entry() -> None:
    """Whatever is searched, and however it ends."""
    for search in (made_up(), made_up(method_label="other", budget=2.0)):
        course, trained = Course(search, {}), 0
        while (spec := course.next()) is not None:
            trained += 1
            course.ended(ended(spec, None if trained == 2 else 0.4))
        assert trained == 4


def test_a_budget_of_time_is_spent_and_hardly_more_by_many_at_once() -> None:
    """What is under way counts with what its kind costs, once the first one has shown it."""
    search = made_up(Settings(core_minutes=10, train_size=100))
    course = Course(search, {})
    first = course.next()
    assert first is not None
    assert course.next() is None, "nobody knows yet what one costs"
    course.ended(ended(first, 0.5))
    under_way = []
    while (spec := course.next()) is not None:
        under_way.append(spec)
    assert len(under_way) == 9, "each costs a core minute, and one is spent"
    for spec in under_way:
        course.ended(ended(spec, 0.4))
    assert course.search_state.finished
    assert course.search_state.core_seconds == 600


def test_rungs_are_parts_of_the_training() -> None:
    assert portions(ASHA) == (1 / 9, 1 / 3, 1)
    assert portions(Settings(trials=2)) == (1.0,)
    assert not Halving(Settings(trials=2)).stops(1, 1, math.inf)


def test_what_lags_behind_is_stopped_and_the_recipe_as_it_is_never() -> None:
    """After many losses at a rung, one in the best third goes on and one in the worse half does not."""
    halving = Halving(ASHA)
    for index in range(1, 31):
        halving.stops(index, 1, index / 30)
    assert not halving.stops(31, 1, 0.2)
    assert halving.stops(32, 1, 0.5)
    assert not halving.stops(0, 1, 0.9)


@pytest.mark.parametrize("reduction", [2, 3, 4, 10])
def test_decisions_are_those_of_the_scheduler_of_ray(reduction: int) -> None:
    """On random losses in random order, with ties, repeated reports, skipped rungs, and losses that are not finite."""
    from ray.tune.schedulers import ASHAScheduler

    decisions = []
    for seed in range(20):
        draw = random.Random(seed)
        halving = Halving(Settings(search="asha", trials=1000, train_size=100, reduction=reduction))
        theirs = ASHAScheduler("t", "loss", "min", grace_period=1, max_t=reduction**2, reduction_factor=reduction)
        trials = {index: SimpleNamespace(trial_id=str(index)) for index in range(1, 41)}
        for trial in trials.values():
            theirs.on_trial_add(None, trial)
        losses = [*(round(draw.random(), 2) for _ in range(20)), *(draw.random() for _ in range(20))]
        reports = [(index, draw.choice((1, 2)), draw.choice(losses)) for index in trials for _ in range(2)]
        draw.shuffle(reports)
        reports[10:10] = [(41, 1, math.nan), (42, 2, math.inf)]
        for index in (41, 42):
            trials[index] = SimpleNamespace(trial_id=str(index))
            theirs.on_trial_add(None, trials[index])
        for index, rung, loss in reports:
            expected = theirs.on_trial_result(None, trials[index], {"t": reduction ** (rung - 1), "loss": loss})
            decisions.append(halving.stops(index, rung, loss))
            assert decisions[-1] is (expected == ASHAScheduler.STOP), (seed, index, rung, loss)
    assert set(decisions) == {True, False}


def test_an_interrupted_search_decides_as_one_that_was_not() -> None:
    """What earlier runs saw at the rungs counts: the recorded rungs stand in for its memory."""
    search = made_up(ASHA)
    specs = list(search.specs())
    draw = random.Random(1)
    losses = [[draw.random() for _ in specs] for _ in (1, 2)]

    def decide(halving: Halving, index: int) -> list[bool]:
        decisions: list[bool] = []
        for rung in (1, 2):
            decisions.append(halving.stops(index, rung, losses[rung - 1][index]))
            if decisions[-1]:
                break
        return decisions

    whole = Halving(ASHA)
    expected = [decide(whole, index) for index in range(len(specs))]
    earlier = [
        ended(
            specs[index],
            losses[0][index],
            at=index,
            stopped="so" if any(expected[index]) else None,
            **{rung_metric(r + 1): losses[r][index] for r in range(len(expected[index]))},
        )
        for index in range(20)
    ]
    resumed = Halving(ASHA, reversed(earlier))
    assert [decide(resumed, index) for index in range(20, 40)] == expected[20:]
    assert any(any(decisions) for decisions in expected)
    assert any(len(decisions) == 2 for decisions in expected[1:])
