"""Verdicts on published figures: each rule by cases that can be checked by hand, and how they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbench.report import SuiteFacts, write_report
from symbench.report.published import Comparison, compare, published_finding, published_table
from symbench.suite.published import Published, PublishedFigure
from symbench.trial.result import Status
from tests.factories import trial

STUDENT_3 = 4.302652729696142  # of 2 degrees of freedom at 97.5 %


def figure(value: float, agrees: str, **more: object) -> PublishedFigure:
    stated = {"metric": "method_loss", "value": value, "source": "a paper", "agrees": agrees, **more}
    return PublishedFigure("so3", "oracle", 50, Published.model_validate(stated))


def verdict(value: float, agrees: str, ours: list[float], error: float | None = None) -> str:
    return compare(figure(value, agrees, error=error), ours).verdict


@pytest.mark.parametrize(
    ("value", "agrees", "ours", "error", "expected"),
    [
        (1.0, "within factor 2", [2.0, 2.0], None, "agrees"),
        (1.0, "within factor 2", [2.1], None, "differs"),
        (1.0, "within factor 2", [0.49], None, "differs"),
        (1.0, "within factor 2", [-1.0], None, "differs"),
        (3.0, "within 0", [3.0, 3.0, 3.0], None, "agrees"),
        (3.0, "within 0", [3.0, 3.0, 2.0], None, "differs"),
        (0.0, "within 1e-6", [9e-7], None, "agrees"),
        (0.9, "at least", [0.8, 1.0], None, "reached"),
        (0.9, "at least", [0.89], None, "not reached"),
        (0.9, "at least", [0.89], 0.02, "reached"),
        (0.1, "at most", [0.11], None, "not reached"),
        (0.1, "at most", [0.11], 0.02, "reached"),
        # Student's interval of these values is 1.0 ± 4.303 · 0.1/√3 = 1.0 ± 0.248
        (1.2, "within interval", [0.9, 1.0, 1.1], None, "agrees"),
        (1.3, "within interval", [0.9, 1.0, 1.1], None, "differs"),
        (1.3, "within interval", [0.9, 1.0, 1.1], 0.03, "agrees"),
        (1.3, "within interval", [0.9, 1.0, 1.1], 0.02, "differs"),
        (1.0, "within interval", [1.0], None, "too few seeds to decide"),
        (1.0, "within scatter", [1.0], None, "too few seeds to decide"),
        (1.0, "at most", [], None, "no result"),
    ],
)
def test_the_rule_of_a_verdict(
    value: float, agrees: str, ours: list[float], error: float | None, expected: str
) -> None:
    assert verdict(value, agrees, ours, error) == expected


def test_the_scatter_is_students_interval_of_one_more_seed() -> None:
    """Mean 2, s = 1, n = 3: t √(4/3) on either side."""
    reach = STUDENT_3 * (4 / 3) ** 0.5
    assert verdict(2 + reach - 1e-6, "within scatter", [1.0, 2.0, 3.0]) == "agrees"
    assert verdict(2 + reach + 1e-6, "within scatter", [1.0, 2.0, 3.0]) == "differs"


def made() -> list[Comparison]:
    note = "ours takes <other> points"
    return [
        compare(figure(1e-6, "at most", note=note), [2e-6, 4e-6]),
        compare(figure(3.0, "within 0", tuned="four pushes."), [3.0]),
        compare(figure(0.25, "within interval", error=0.04), []),
    ]


def test_the_table_and_the_sentence_say_what_was_compared() -> None:
    table = published_table(made())
    assert table is not None
    first, second, third = (line.cells for line in table.lines)  # what is not reproduced comes first
    assert first[3:8] == ("≤ 1e-06", "3e-06", "-9.71e-06 to 1.57e-05", "2", "not reached (at most)")
    assert first[8] == "ours takes <other> points Published in a paper."
    assert second[3] == "0.25 ± 0.04"
    assert second[7:] == ("no result (within the interval)", "Not explained. Published in a paper.")
    assert third[5:8] == ("–", "1", "agrees (exactly)")
    assert third[8] == "Tuned to this figure: four pushes. Published in a paper."
    assert [line.rule for line in table.lines] == [False, False, True]
    missed, figures, bounds = published_finding(made())
    assert (
        missed == "Published figures that are not reproduced: oracle on so3 (not reached), oracle on so3 (no result)."
    )
    assert figures == (
        "1 of 2 published figures is reproduced, each by the rule stated for it; 1 of these with settings that were "
        "chosen with the figure in view."
    )
    assert bounds.startswith("0 of 1 bounds are reached:")
    table = published_table([compare(figure(0.9996, "at least", metric="recall"), [0.9994])])
    assert table is not None
    (line,) = table.lines
    assert line.cells[3:5] == ("≥ 0.9996", "0.9994")  # recall has three digits elsewhere
    assert published_table([]) is None
    assert published_finding([]) == []


def test_the_report_shows_them_over_the_seeds_that_ended_well(tmp_path: Path) -> None:
    trials = [
        trial(task="so3", method="oracle", train_size=50, seed=seed, metrics={"f1": 1.0, "method_loss": loss})
        for seed, loss in enumerate((1.0, 3.0))
    ]
    trials.append(trial(task="so3", method="oracle", train_size=50, seed=2, status=Status.FAILED))
    trials.append(trial(task="so3", method="oracle", train_size=20, seed=0, metrics={"f1": 1.0, "method_loss": 9.0}))
    stated = figure(1.9, "within interval", note="on <other> data.")
    written = write_report(SuiteFacts("demo", published=(stated,)), trials, tmp_path / "with")
    html, markdown = written.html.read_text(), written.markdown.read_text()
    assert 'href="#published"' in html
    assert "on &lt;other&gt; data." in html
    assert (
        "| so3 | oracle | loss | 1.9 | 2 | -10.7 to 14.7 | 2 | agrees (within the interval) | on &lt;other> data."
        in markdown
    )
    plain = write_report(SuiteFacts("demo"), trials, tmp_path / "without")
    assert "Published figures" not in plain.html.read_text() + plain.markdown.read_text()
