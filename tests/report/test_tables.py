"""The report's tables say what their figures contain."""

from __future__ import annotations

from pathlib import Path

from symbench.component import Track
from symbench.leaderboard import data_efficiency, size_to_target
from symbench.report import SuiteFacts, write_report
from symbench.report.tables import efficiency_table, target_table
from symbench.trial import TrialResult
from tests.factories import classification_trials

LACKING = "not the uncertainty of the test events"


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
    assert "The intervals of lorentznet at 300, lorentznet at 3,000 contain" in notes[1]
    assert "The intervals contain" in notes[2]
    assert all(LACKING in note for note in notes[1:])
    targets = [size_to_target(results, Track.CLASSIFICATION, 0.9, bootstrap=20) for results in (whole, none)]
    notes = [target_table(rows).note for rows in targets]
    assert notes[0] == ""
    assert "The intervals of pfn contain" in notes[1]


def test_one_seed_has_no_interval_that_could_lack_anything() -> None:
    rows = data_efficiency(classification_trials(seeds=1, test_events=100), "pfn", bootstrap=20)
    assert rows
    assert efficiency_table(rows).note == ""


def test_the_note_stands_on_the_page_and_in_markdown(tmp_path: Path) -> None:
    results = without_events(classification_trials(test_events=100), "pfn")
    paths = write_report(SuiteFacts("demo", baselines={"top-tagging": "pfn"}), results, tmp_path)
    for path in (paths.html, paths.markdown):
        assert path.read_text(encoding="utf-8").count(LACKING) == 2
