"""A template gives the keys, questions and specs that building every trial would give."""

from __future__ import annotations

from collections.abc import Callable

from symbench.suite.resolve import CheckedSuite
from symbench.trial.expand import TrialTemplate, planned_trials

SUITE = """
name: s
seeds: [3, 0, 12]
budget: 0.5
discovery:
  - task: tiny
    train_sizes: [10, 50, 20]
    methods: [behave, {name: behave, label: "with \\"quotes\\" and é", params: {seconds: 0.1, trace: "a,b}"}}]
  - {task: {name: tiny, label: other, params: {broken: true}}, train_sizes: [7], seeds: 2, methods: [behave]}
"""


def test_cells_are_the_trials_of_the_suite(make_suite: Callable[[str], CheckedSuite]) -> None:
    suite = make_suite(SUITE)
    specs, found = list(suite.trials()), list(planned_trials(suite))
    assert len(found) == len(specs) == len(suite) == 20
    assert [planned.spec for planned in found] == specs
    assert [planned.key for planned in found] == [spec.key for spec in specs]
    assert [planned.question for planned in found] == [spec.question for spec in specs]
    assert [planned.spec.key for planned in found] == [spec.key for spec in specs]


def test_a_spec_made_by_a_series_is_as_good_as_any(make_suite: Callable[[str], CheckedSuite]) -> None:
    spec = next(make_suite(SUITE).trials())
    made = TrialTemplate(spec).spec(20, 5)
    assert type(spec).model_validate_json(made.model_dump_json()) == made
    assert made.model_copy(update={"seed": spec.seed, "train_size": spec.train_size}) == spec
    assert made.key != spec.key
