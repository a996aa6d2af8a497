"""`by_seed`: a parameter of the task that has the value of the trial's seed, so that each seed is another task."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import symbench as sb
from symbench.errors import SuiteError
from symbench.leaderboard.discovery import false_discoveries
from symbench.leaderboard.discovery_tables import false_discovery_table
from symbench.suite.resolve import CheckedSuite
from symbench.trial.expand import planned_trials

MakeSuite = Callable[[str], CheckedSuite]

TEXT = """
name: drawn
seeds: 4
discovery:
  - task: {name: random-function, params: {events: 60, test_events: 40}, by_seed: function_seed}
    train_sizes: [20, 40]
    methods: [truth, random]
"""


def test_each_seed_has_a_task_and_data_of_its_own_under_one_label(make_suite: MakeSuite) -> None:
    trials = list(make_suite(TEXT).trials())
    assert len(trials) == len({t.key for t in trials}) == 4 * 2 * 2
    assert {t.task_label for t in trials} == {"random-function"}
    assert {(t.seed, t.task.parameters["function_seed"]) for t in trials} == {(s, s) for s in range(4)}
    assert len({t.data_digest for t in trials}) == 4


def test_plans_and_trials_agree_on_keys(make_suite: MakeSuite) -> None:
    suite = make_suite(TEXT)
    assert sorted(t.key for t in suite.trials()) == sorted(p.key for p in planned_trials(suite))


def test_a_trial_is_the_one_whose_parameter_is_written_out(make_suite: MakeSuite) -> None:
    """The key says which function it is, not how the suite chose it."""
    written = TEXT.replace("events: 60,", "function_seed: 2, events: 60,").replace(", by_seed: function_seed", "")
    fixed = {t.key for t in make_suite(written.replace("seeds: 4", "seeds: [2]")).trials()}
    assert len(fixed) == 4
    assert fixed == {t.key for t in make_suite(TEXT).trials() if t.seed == 2}


def test_blocks_with_other_seeds_and_methods_have_one_label(make_suite: MakeSuite) -> None:
    more = TEXT + TEXT.partition("discovery:\n")[2].replace("[truth, random]", "[nullspace]\n    seeds: 2")
    suite = make_suite(more)
    assert {t.task_label for t in suite.trials()} == {"random-function(events=60, test_events=40)"}
    assert len(suite) == 16 + 4


@pytest.mark.parametrize(
    ("change", "with_what", "says"),
    [
        ("by_seed: function_seed", "by_seed: function_sed", "did you mean 'function_seed'"),
        ("by_seed: function_seed", "by_seed: noise", "no parameter of this task that is an integer"),
        ("events: 60,", "function_seed: 1, events: 60,", "has a value under `params` as well"),
        ("events: 60, test_events: 40}, by_seed: function_seed", "test_events: 40}, by_seed: events", "equal to 10"),
        ("random-function", "random-functoin", "did you mean 'random-function'"),
        ("[truth, random]", "[truth, randon]", "did you mean 'random'"),
    ],
)
def test_mistakes_are_named(make_suite: MakeSuite, change: str, with_what: str, says: str) -> None:
    with pytest.raises(SuiteError, match=says):
        make_suite(TEXT.replace(change, with_what))


def test_the_same_family_twice_is_the_same_trials(make_suite: MakeSuite) -> None:
    with pytest.raises(SuiteError, match="the same entry as in"):
        make_suite(TEXT + TEXT.partition("discovery:\n")[2])


CLASSIFIER = """
classification:
  - task: {name: top-tagging, params: {jets: 6000}BY}
    train_sizes: [20]
    methods: [{name: liegnn, params: {symmetry: {from: random, train_size: 20}}}]
"""


def test_a_classifier_cannot_use_a_result_whose_task_depends_on_the_seed(make_suite: MakeSuite) -> None:
    with pytest.raises(SuiteError, match="another task for each seed"):
        make_suite(TEXT + CLASSIFIER.replace("BY", ""))


def test_tasks_of_classification_are_not_drawn(make_suite: MakeSuite) -> None:
    with pytest.raises(SuiteError, match="only tasks of discovery"):
        make_suite(TEXT + CLASSIFIER.replace("BY", ", by_seed: generation_seed"))


def test_all_tasks_are_pooled_in_one_row(tmp_path: Path, empty_store: Path) -> None:
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    file = tmp_path / "drawn.yaml"
    file.write_text(TEXT)
    suite = sb.load_suite(file)
    assert suite._repr_html_().count("<td>random-function</td>") == 1
    planned = suite.plan(home=tmp_path)
    assert len(planned) == 4
    results = suite.run(executor="local", home=tmp_path, progress=False)
    assert (results.trials().status == "ok").all()
    board = results.leaderboard()
    assert [(row.method, row.seeds) for row in board.itertuples()] == [("truth", 4), ("random", 4)] * 2
    rows = false_discoveries([trial._result for trial in results])
    assert [(r.method, r.tasks, r.claims.successes) for r in rows[:2]] == [("truth", 4, 0), ("random", 4, 4)]
    assert rows[0].limit == pytest.approx(1 - 0.05 ** (1 / 4))  # no claim in n trials: (1 − p)ⁿ = 5 %
    table = false_discovery_table(rows)
    assert table.lines[0].cells[0] == "random-function (4 tasks)"
    assert "the rate is one over tasks, not samples" in table.note
