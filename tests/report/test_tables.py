"""The report's tables say what their figures contain."""

from __future__ import annotations

from pathlib import Path

from symbench.component import Track
from symbench.leaderboard import data_efficiency, size_to_target
from symbench.report import SuiteFacts, write_report
from symbench.report.study import Study
from symbench.report.tables import cost_table, efficiency_table, leaderboard_table, target_table
from symbench.trial.result import Status, TrialResult
from tests.factories import classification_trials, discovery_trials, trial

LACKING = "not the uncertainty of the finite test set"


def without_events(results: list[TrialResult], method: str, *sizes: int) -> list[TrialResult]:
    """The same results, those of a method at these sizes without their scores of single events."""
    return [
        r.model_copy(update={"arrays": {}})
        if r.spec.method_label == method and (not sizes or r.spec.train_size in sizes)
        else r
        for r in results
    ]


def test_a_table_names_intervals_that_lack_the_uncertainty_of_the_test_events() -> None:
    whole = classification_trials(test_events=100)
    some = without_events(whole, "lorentznet", 300, 3000)
    none = without_events(whole, "pfn")
    notes = [efficiency_table(data_efficiency(results, "pfn", bootstrap=20)).note for results in (whole, some, none)]
    assert notes[0] == ""
    assert "data efficiency for lorentznet at 300, lorentznet at 3,000 contain" in notes[1]
    assert "data efficiency contain" in notes[2]
    assert all(LACKING in note for note in notes[1:])
    targets = [size_to_target(results, Track.CLASSIFICATION, 0.9, bootstrap=20) for results in (whole, none)]
    notes = [target_table(rows).note for rows in targets]
    assert notes[0] == ""
    assert "The intervals of N(target) for pfn contain" in notes[1]


def test_one_seed_has_no_interval_that_could_lack_anything() -> None:
    rows = data_efficiency(classification_trials(seeds=1, test_events=100), "pfn", bootstrap=20)
    assert rows
    assert efficiency_table(rows).note == ""


def test_the_note_stands_on_the_page_and_in_markdown(tmp_path: Path) -> None:
    results = without_events(classification_trials(test_events=100), "pfn")
    paths = write_report(SuiteFacts("demo", baselines={"top-tagging": "pfn"}), results, tmp_path)
    for path in (paths.html, paths.markdown):
        assert path.read_text(encoding="utf-8").count(LACKING) == 2


def test_columns_of_text_are_those_that_the_table_names() -> None:
    study = Study(SuiteFacts("demo"), classification_trials(seeds=1, test_events=50))
    for table, words in (
        (leaderboard_table(study, "top-tagging"), {"method", "trials"}),
        (cost_table(study), {"task", "method"}),
    ):
        assert table is not None
        assert "parameters" in table.heads, "a number here, and text in the table of searches"
        assert {head for head, text in zip(table.heads, table.text, strict=True) if text} == words


def test_the_cost_of_all_tracks_is_one_table_with_a_rule_between_tasks() -> None:
    results = [*discovery_trials(sizes=(50, 400), seeds=1), *classification_trials(seeds=1, test_events=50)]
    table = cost_table(Study(SuiteFacts("demo"), results))
    assert table is not None
    assert [line.cells[:3] for line in table.lines if line.rule] == [("top-tagging", "lorentznet", "3,000")]
    assert sum(line.dim for line in table.lines) == 2, "random and truth bound the table"
    failed = [trial(status=Status.FAILED)]
    assert cost_table(Study(SuiteFacts("demo"), failed)) is None
