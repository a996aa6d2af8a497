"""A search is named by what decides it, draws one list for every budget, and its winner is the best that ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from symbench.trial.resources import Resources
from symbench.trial.result import TrialResult
from symbench.trial.spec import ComponentSpec
from symbench.tuning.search import Search, Settings, by_search, search_seed, search_state
from symbench.tuning.space import Dimension
from tests.tuning.searches import SPACE, ended, made_up


def _settings(**changes: Any) -> Settings:
    return Settings(**{"trials": 4, "train_size": 100, **changes})


def _results(search: Search, losses: Sequence[float | None], **more: Any) -> dict[int, TrialResult]:
    return {i: ended(s, loss, **more) for i, (s, loss) in enumerate(zip(search.specs(), losses, strict=False))}


def test_a_larger_budget_goes_on_with_the_same_list() -> None:
    """Neither the number of configurations nor the time is part of what a training is."""
    small, large = made_up(), made_up(_settings(trials=8))
    timed = made_up(_settings(trials=None, core_minutes=5))
    keys = [s.key for s in large.specs()]
    assert small.key == large.key == timed.key
    assert [s.key for s in small.specs()] == keys[:4] == [s.key for s in islice(timed.specs(), 4)]
    assert len(set(keys)) == 8


@pytest.mark.parametrize(
    "other",
    [
        {"settings": _settings(seed=1)},
        {"settings": _settings(train_size=200)},
        {"settings": _settings(search="asha")},
        {"budget": 0.5},
        {"data_digest": "e" * 64},
        {"metrics_version": "3"},
        {"space": {**SPACE, "dropout": Dimension(choice=(0.0, 0.3))}},
        {
            "method": ComponentSpec(
                name="net", parameters={"learning_rate": 0.001, "dropout": 0.0, "width": 9}, version="1"
            )
        },
        {"method": made_up().method.model_copy(update={"version": "2"})},
        {"task": ComponentSpec(name="jets", parameters={"pt": 1}, version="1")},
    ],
)
def test_what_decides_a_training_is_in_the_key(other: dict[str, Any]) -> None:
    assert made_up(**other).key != made_up().key


def test_labels_and_resources_are_not_in_the_key() -> None:
    assert made_up(method_label="other", task_label="another", resources=Resources(cpus=1)).key == made_up().key


def test_the_recipe_as_it_is_is_number_zero_and_others_change_what_is_searched_alone() -> None:
    first, *others = made_up().specs()
    assert first.method.parameters == made_up().method.parameters
    for spec in others:
        assert spec.method.parameters["width"] == 8
        assert 1e-4 <= spec.method.parameters["learning_rate"] <= 1e-2
    assert [s.configuration.index for s in (first, *others) if s.configuration] == [0, 1, 2, 3]


def test_a_search_trains_with_one_seed_that_no_suite_counts_to() -> None:
    """Entries are compared on the same events, and trials never see a seed of a search."""
    assert {s.seed for s in made_up().specs()} == {search_seed(0)}
    assert 100_000 < search_seed(0) < 10**18  # the journal reads numbers of so many digits fast
    assert search_seed(0) != search_seed(1)


def test_the_winner_is_the_lowest_the_first_of_equals() -> None:
    search = made_up()
    found = search_state(search, _results(search, [0.5, 0.3, None, 0.3]))
    assert found.finished
    assert found.winner is not None
    assert found.winner.spec.configuration is not None
    assert found.winner.spec.configuration.index == 1
    assert found.changed == {name: found.winner.spec.method.parameters[name] for name in SPACE}


def test_a_training_that_was_stopped_cannot_win() -> None:
    """Its loss is that of a part of a training."""
    search = made_up(_settings(trials=2, search="asha"))
    specs = list(search.specs())
    results = {0: ended(specs[0], 0.5), 1: ended(specs[1], 0.1, stopped="at rung 1")}
    assert search_state(search, results).changed == {"learning_rate": 0.001, "dropout": 0.0}


def test_there_is_no_winner_before_the_end_and_none_where_all_failed() -> None:
    search = made_up()
    part = search_state(search, _results(search, [0.5, 0.3]))
    assert (part.finished, part.winner, part.changed) == (False, None, {})
    nothing = search_state(search, _results(search, [None] * 4))
    assert nothing.fruitless
    assert nothing.winner is None


def test_a_budget_of_time_counts_what_it_paid_for_in_order() -> None:
    """Two CPUs for thirty seconds are one core minute; what ended beyond the budget does not count."""
    search = made_up(_settings(trials=None, core_minutes=3))
    results = _results(search, [0.5] * 3 + [0.1] * 3)
    part = search_state(search, {i: r for i, r in results.items() if i != 1})
    assert (part.finished, list(part.results)) == (False, [0])
    whole = search_state(search, results)
    assert (whole.finished, list(whole.results), whole.core_seconds) == (True, [0, 1, 2], 180.0)
    assert (
        search_state(replace(search, settings=_settings(trials=None, core_minutes=3.1)), results).changed
        != whole.changed
    )


def test_a_search_where_everything_fails_at_once_ends() -> None:
    """With a budget of time alone it would go on for ever."""
    search = made_up(_settings(trials=None, core_minutes=100))
    found = search_state(search, _results(search, [None] * 5, seconds=0.0))
    assert found.fruitless
    assert not search_state(search, _results(search, [None] * 4 + [0.2], seconds=0.0)).finished


def test_a_space_with_fewer_configurations_than_the_budget_ends_with_them() -> None:
    search = made_up(space={"dropout": Dimension(choice=(0.0, 0.1))})
    assert search_state(search, _results(search, [0.5, 0.4])).finished


def test_results_of_searches_are_found_among_others() -> None:
    search = made_up()
    results = _results(search, [0.5, 0.3])
    trial = results[0].model_copy(update={"spec": results[0].spec.model_copy(update={"configuration": None})})
    assert by_search([trial, *results.values()]) == {search.key: results}


@pytest.mark.parametrize("given", [{}, {"trials": 2, "core_minutes": 1.0}])
def test_a_search_has_one_budget(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either trials or core_minutes"):
        Settings(**given)
