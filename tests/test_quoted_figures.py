"""Figures in README.md and docs/ are those of the committed reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.markdown_tables import MarkdownTable, tables_in, tables_of
from tests.quoted_figures import is_numeric, is_of_other_source, is_of_reports, mismatches

TABLES = [table for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) for table in tables_of(page)]
MARKED = [table for table in TABLES if is_of_reports(table)]

TABLE = """
<!-- from reports/cms
task: cms-dimuon-mass
rows: train_size
columns: [nullspace count, quadratic f1, nullspace-network count, nullspace-network f1]
-->
| training events | generators | F1 | generators of networks | F1 |
| --- | --- | --- | --- | --- |
| 400 | 6 in every seed | 1.000 | 5 | 0.857 |
| 100 | 6 in every seed | 1.000 | none | 0 |
"""


@pytest.mark.parametrize("table", MARKED, ids=str)
def test_every_number_of_a_marked_table_is_in_its_report(table: MarkdownTable) -> None:
    assert mismatches(table) == []


@pytest.mark.parametrize("table", [table for table in TABLES if is_numeric(table)], ids=str)
def test_every_table_of_numbers_names_its_source(table: MarkdownTable) -> None:
    assert is_of_reports(table) or is_of_other_source(table), "put a mark above it: see tests/quoted_figures.py"


def test_a_table_with_the_figures_of_the_report_has_no_mismatch() -> None:
    (table,) = tables_in(TABLE, Path("page.md"))
    assert is_numeric(table)
    assert mismatches(table) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("1.000", "0.999"),
        ("6 in", "5 in"),
        ("| none", "| 1"),
        ("| 0 |", "| 0.1 |"),
        ("| 400", "| 300"),
        ("1.000", "1.000 [1.000, 0.998]"),
        ("1.000", "4 of 5"),
        ("generators", "generators (7)"),
    ],
)
def test_a_figure_that_is_not_the_reports_is_a_mismatch(right: str, wrong: str) -> None:
    assert TABLE.count(right) >= 1
    (table,) = tables_in(TABLE.replace(right, wrong), Path("page.md"))
    assert len(mismatches(table)) >= 1


def test_a_cell_without_a_rule_is_an_error() -> None:
    (table,) = tables_in(TABLE.replace("1.000", "1.000, or so"), Path("page.md"))
    with pytest.raises(ValueError, match="no rule reads"):
        mismatches(table)
