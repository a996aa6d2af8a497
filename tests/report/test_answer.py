"""The opening sentences follow from the data by rule, whatever the suite has."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from symbench.component import Track
from symbench.report.answer import answer, question
from symbench.report.matrix import Cell, matrix
from symbench.report.study import Study, SuiteFacts
from symbench.report.summaries import summary
from symbench.trial.result import Status, TrialResult
from tests.factories import classification_trials, discovery_trials, trial

FACTS = SuiteFacts("demo", baselines={"top-tagging": "pfn"})
CONTROL = discovery_trials("control", truth="none", sizes=(100,))
DISCOVERY = discovery_trials(sizes=(50, 400))
CLASSIFICATION = classification_trials(seeds=5, test_events=4000)
FAILED = [trial(method=m, seed=s, status=Status.FAILED) for m in ("a", "b") for s in range(2)]
UNKNOWN = [trial(seed=s, metrics={"count": 3.0}, notes={"algebra": "so(3)"}) for s in range(3)]
REGRESSION = [
    trial(track=Track.REGRESSION, task="o5", method=m, seed=s, metrics={"decades": d + 0.01 * s})
    for m, d in (("mlp", 0.5), ("emlp", 2.5))
    for s in range(5)
]
QUANTITIES = [trial(track=Track.DYNAMICS, seed=s, metrics={"f1": 0.2, "count": 1.0}) for s in range(3)]


def answered(results: Sequence[TrialResult]) -> str:
    study = Study(FACTS, results)
    sentences = answer(study, study.efficiency)
    assert 1 <= len(sentences) <= 2
    return " ".join(sentences)


def test_discovery_and_classification_have_a_sentence_each() -> None:
    text = answered([*DISCOVERY, *CONTROL, *CLASSIFICATION])
    assert text.startswith(
        "The symmetry is found (F1 ≥ 0.95 in at least 80 % of the seeds) by nullspace; 1 of 2 entries"
    )
    assert (
        "false claims are made by nullspace in 0 of 5 and liegan in 5 of 5 trials. On top-tagging, lorentznet" in text
    )
    assert "pfn needs more events than lorentznet for its score." in text
    assert "truth" not in text
    assert "random" not in text, "reference rows answer nothing"


def test_several_tasks_are_counted() -> None:
    text = answered([*DISCOVERY, *discovery_trials("second", sizes=(400,)), *discovery_trials("third", sizes=(50,))])
    assert "by nullspace (2 of 3 tasks); 1 other entry on at most 0." in text


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], "No trial has been recorded yet."),
        (FAILED, "None of the 4 trials has a score (4 failed), so the question has no answer yet."),
        (FAILED[:1], "The trial has no score (1 failed), so the question has no answer yet."),
        (QUANTITIES, "No method finds the symmetry of the task (F1 ≥ 0.95 in at least 80 % of the seeds)."),
        ([trial(metrics={"f1": 1.0})], "The symmetry is found (F1 ≥ 0.95 in at least 80 % of the seeds) by method."),
        (CONTROL, "On controls without a symmetry, false claims are made by nullspace in 0 of 5 and liegan in 5 of 5"),
        (REGRESSION, "On o5, emlp leads at N = 100"),
        (CLASSIFICATION, "On top-tagging, lorentznet leads at N = 3,000"),
    ],
)
def test_every_mix_has_an_answer(results: list[TrialResult], expected: str) -> None:
    assert answered(results).startswith(expected)


def test_without_a_known_truth_the_claim_is_stated() -> None:
    with_score = [*UNKNOWN, *(trial(task="b", seed=s, metrics={"f1": 0.1, "count": 1.0}) for s in range(3))]
    assert "whose answer is not known, method claims so(3) in 3 of 3 seeds" in answered(with_score)


def test_equal_entries_are_not_ranked() -> None:
    twins = [trial(track=Track.CLASSIFICATION, method=m, seed=s, metrics={"auc": 0.9}) for m in "ab" for s in range(3)]
    assert "the 2 entries are not separated" in answered(twins)


def test_the_question_names_the_tracks() -> None:
    study = Study(FACTS, [*DISCOVERY, *CLASSIFICATION])
    asked = ("Which methods find the symmetry of a label", "what does a built-in symmetry gain in classification?")
    assert question(study) == " and ".join(asked)
    assert question(Study(FACTS, [])) == ""


def test_a_task_is_summarised_in_a_line() -> None:
    study = Study(FACTS, [*DISCOVERY, *CONTROL, *CLASSIFICATION, *FAILED])
    of_dimuons = summary(study, "cms-dimuon-mass", [])
    assert of_dimuons.startswith("found by nullspace; not found (F1 above chance in brackets) by liegan")
    assert summary(study, "control", []) == "no false claim by nullspace; false claims by liegan (5 of 5 seeds)"
    trained = summary(study, "top-tagging", study.efficiency)
    assert re.match(r"AUC: lorentznet 0\.\d+ \[.*\], pfn .*; events that pfn needs .*: lorentznet > 1", trained)
    assert summary(study, "task", []) == "no result: a, b"


def test_the_matrix_has_a_sign_for_every_outcome() -> None:
    late = trial(task="cms-dimuon-mass", method="nullspace", train_size=400, seed=9, status=Status.TIMEOUT)
    table = matrix(Study(FACTS, [*DISCOVERY, late, *FAILED]))
    assert [column.task for column in table.columns] == ["cms-dimuon-mass", "task"]
    cells = {method: row for method, _, row in table.rows}
    assert cells["nullspace"][0].sign == "1"
    assert cells["nullspace"][0].trouble == "1 timeout"
    assert cells["nullspace"][1] == Cell()
    assert cells["a"][1].sign == "×"
    assert cells["a"][1].trouble == "2 failed"
    assert cells["truth"][0].look == "reference"
    assert [method for method, reference, _ in table.rows if reference] == ["random", "truth"]
    guesses = [
        trial(method=m, seed=s, metrics={"f1": f, "f1_chance_deviation": 0.3})
        for m, f in (("good", 0.99), ("guess", 0.02 * -1))
        for s in range(5)
    ]
    signs = {method: row[0].sign for method, _, row in matrix(Study(FACTS, guesses)).rows}
    assert signs == {"good": "1", "guess": "≈"}
