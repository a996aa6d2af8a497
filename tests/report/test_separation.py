"""Rejections with their errors, and invariance tables: what is bound, missing or at several strengths is said."""

from __future__ import annotations

from symbench.component import Track
from symbench.report.invariance import invariance_tables
from symbench.report.separation import separation_table
from symbench.report.study import Study, SuiteFacts
from symbench.trial.result import TrialResult
from tests.factories import classification_trials, trial


def study(results: list[TrialResult]) -> Study:
    return Study(SuiteFacts("demo"), results)


def test_a_rejection_has_its_binomial_error_and_says_where_it_is_a_bound() -> None:
    results = [
        trial(
            track=Track.CLASSIFICATION,
            seed=seed,
            metrics={"auc": 0.9, "rejection_30": 200.0, **({} if seed else {"rejection_30_error": 40.0})},
            notes={"rejection_30": "lower bound: no background event passes"} if seed else {},
        )
        for seed in range(3)
    ]
    table = separation_table(study(results), "task")
    assert table is not None
    (line,) = table.lines
    assert line.cells == ("method", "200.0 [200.0, 200.0], a lower limit in 2 of 3 seeds", "± 40.0", "–", "–", "–")
    assert separation_table(study([trial(track=Track.CLASSIFICATION, metrics={"auc": 0.9})]), "task") is None


def test_each_strength_and_each_generator_has_a_line_in_both_precisions() -> None:
    operations, generators = invariance_tables(study(classification_trials(sizes=(300,), seeds=2)), "top-tagging")
    said = [line.cells[:3] for line in operations.lines]
    assert ("rotation", "–", "pfn") in said
    assert [c[1] for c in said if c[0] == "boost" and c[2] == "pfn"] == [
        f"rapidity {y}" for y in ("0.1", "0.5", "1", "2")
    ]
    invariant = {line.cells[0]: line.cells[2:] for line in generators.lines if line.cells[1] == "lorentznet"}
    assert list(invariant) == ["rotation z", "boost x", "scale"]
    assert set(invariant.values()) == {("1e-12", "1e-30", "forward mode")}
