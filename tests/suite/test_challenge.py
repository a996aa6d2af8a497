"""Blocks under `challenge`, and the breaking of a classification block: transformations become trials."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbench.component import Track
from symbench.errors import SuiteError
from symbench.suite.resolve import CheckedSuite, parse_suite

GOOD = """
name: good
seeds: 2
challenge:
  - task: cms-dimuon-mass
    train_sizes: [100, 200]
    controls: true
    transformations: [parity, "exchange*parity", {label: half turn, matrix: [[1, 0], [0, -1]]}]
"""

JETS = """
name: jets
seeds: 3
challenge:
  - task: top-tagging
    train_sizes: [500]
    seeds: 1
    transformations: [parity]
classification:
  - task: top-tagging
    train_sizes: [100]
    breaking: 500
    methods: [pfn]
    operations: [rotation, permutation, {name: boost, rapidities: [0.1, 1.0]}]
"""


def parsed(text: str, folder: Path) -> CheckedSuite:
    return parse_suite(text, folder=folder)


def test_each_transformation_is_an_entry_with_its_control(tmp_path: Path) -> None:
    suite = parsed(GOOD, tmp_path)
    trials = list(suite.trials())
    assert len(trials) == len(suite) == len({trial.key for trial in trials}) == 2 * 3 * 2 * 2
    assert {trial.track for trial in trials} == {Track.CHALLENGE}
    assert [entry.label for entry in suite.blocks[0].entries] == [
        *("parity", "exchange*parity", "half turn"),
        *("parity (control)", "exchange*parity (control)", "half turn (control)"),
    ]
    assert suite.blocks[0].task_label == "cms-dimuon-mass"


def test_another_transformation_leaves_the_keys_of_the_others(tmp_path: Path) -> None:
    more = parsed(GOOD.replace("[parity,", "[swap_xz, parity,"), tmp_path)
    assert {trial.key for trial in parsed(GOOD, tmp_path).trials()} < {trial.key for trial in more.trials()}


def test_the_breaking_of_a_classification_task_is_measured_by_its_operations(tmp_path: Path) -> None:
    """One trial for each strength of an operation that multiplies vectors by matrices, with the first seed."""
    *_, classification, breaking = parsed(JETS, tmp_path).blocks
    assert classification.track is Track.CLASSIFICATION
    assert breaking.track is Track.CHALLENGE
    assert breaking.task_label == classification.task_label
    assert breaking.data_digest == classification.data_digest
    assert [entry.label for entry in breaking.entries] == ["rotation", "boost:0.1", "boost:1"]
    assert (breaking.train_sizes, breaking.seeds) == ((500,), (0,))


def test_without_breaking_a_classification_block_has_its_own_trials_alone(tmp_path: Path) -> None:
    suite = parsed(JETS.replace("    breaking: 500\n", ""), tmp_path)
    assert [block.track for block in suite.blocks] == [Track.CHALLENGE, Track.CLASSIFICATION]


@pytest.mark.parametrize(
    ("change", "with_what", "path", "says"),
    [
        ("[parity,", "[paritty,", "challenge[0].transformations[0]", "did you mean 'parity'"),
        ("[parity,", "[{label: a},", "challenge[0].transformations[0]", "either a transformation or a matrix"),
        ("[[1, 0], [0, -1]]", "[[1, 0]]", "challenge[0].transformations[2]", "square, and has an inverse"),
        ("[parity,", "[parity, parity,", "challenge[0].transformations[1]", "the same entry as transformations[0]"),
        ("transformations:", "transforms:", "challenge[0].transforms", "did you mean 'transformations'"),
        ("[100, 200]", "[100, 20000]", "challenge[0].train_sizes[1]", "larger than the data set"),
    ],
)
def test_what_is_wrong_has_its_place(change: str, with_what: str, path: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        parsed(GOOD.replace(change, with_what), tmp_path)
    assert path in str(caught.value)
    assert says in str(caught.value)


def test_a_breaking_of_more_events_than_there_are_has_its_place(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"classification\[0\]\.breaking \(line 12\): larger than"):
        parsed(JETS.replace("breaking: 500", "breaking: 50000"), tmp_path)


def test_trajectories_and_reactions_are_incompatible(tmp_path: Path) -> None:
    text = "name: a\nchallenge: [{task: TASK, train_sizes: [50], transformations: [parity]}]"
    for task, reason in (("pendulum", "trajectories"), ("decay-charges", "reactions")):
        (entry,) = parsed(text.replace("TASK", task), tmp_path).blocks[0].entries
        assert reason in (entry.incompatibility or "")
