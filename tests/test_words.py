"""Texts of others: escaped or refused wherever they appear."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench import registry, words
from symbench.component import Track
from symbench.errors import SuiteError
from symbench.leaderboard.rows import leaderboard
from symbench.leaderboard.scores import score_tables
from symbench.leaderboard.table import Line, Table, markdown, terminal
from symbench.suite.resolve import parse_suite
from symbench.tracking.private import _column
from tests.factories import trial
from tests.plugins.ways import HOSTILE

anything = st.text(st.characters(), max_size=60) | st.text(st.sampled_from("|*_[](){}<>&#=+-@`~!:.1 \n\x1b\u202e"))
LONG = "x" * 10_000


def is_plain(text: str) -> bool:
    """No character acts instead of being shown, and every encoding takes it."""
    return not any(words.visible(c) != c for c in text) and bool(text.encode() or not text)


@given(anything)
def test_no_hidden_character_passes_any_place(text: str) -> None:
    frame = words.for_csv(pd.DataFrame({"label": [text]}))
    page = words.for_page(text)
    assert isinstance(page, str)
    for shown in (words.for_terminal(text), page, words.for_markdown(text), words.for_mlflow(text, 500), frame):
        assert is_plain(shown), ascii(shown)
    assert "\n" not in words.one_line(text) + words.for_markdown(text) + words.key_for_mlflow(text)
    assert re.fullmatch(r"[\w.\- :/]{1,250}", words.key_for_mlflow(text))


@given(anything)
def test_markdown_starts_no_cell_link_or_html(text: str) -> None:
    shown = words.for_markdown(text)
    bare = shown.replace("\\\\", "")
    assert "<" not in shown
    for mark in ("|", "`", "*", "](", "]:", "~~"):
        assert bare.count(mark) == bare.count(f"\\{mark[0]}" + mark[1:] if mark != "~~" else "\\~~"), (text, shown)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"])
def test_a_spreadsheet_runs_no_formula(text: str) -> None:
    frame = pd.DataFrame({text: [1.5], "label": [text], "score": [-0.5], "relation": ["="]})
    heads, row = csv.reader(io.StringIO(words.for_csv(frame)))
    assert all(not cell.startswith(("=", "+", "@", "\t")) for cell in [heads[0], row[1]])
    assert row[2:] == ["-0.5", "="], "numbers, and a relation alone, stay what they are"


@given(st.lists(st.text(max_size=30), min_size=1, max_size=3))
def test_a_table_has_a_line_for_each_row(cells: list[str]) -> None:
    table = Table("title", tuple("ab"[:1] * len(cells)), (Line(tuple(cells)),), ())
    shown = markdown([table]).splitlines()
    assert len(shown) == 5
    assert is_plain(terminal([table]))


LABELS = ["", " ", "a\nb", "a\tb", "\u202eabc", "\u200babc", "a\u2028b", " a", LONG]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("where", ["task", "method"])
def test_labels_that_are_no_single_visible_line_are_refused(label: str, where: str, tmp_path: Path) -> None:
    import json

    entry = {"name": "so3" if where == "task" else "random", "label": label}
    task, method = (entry, "random") if where == "task" else ("so3", entry)
    block = {"task": task, "train_sizes": [50], "methods": [method]}
    with pytest.raises(SuiteError, match="label"):
        parse_suite(json.dumps({"name": "x", "discovery": [block]}), folder=tmp_path)


@pytest.mark.parametrize("name", ["", "a\nb", "\x1b[2J", "\u202eabc", "x" * 65, 5])
def test_names_of_plugins_are_visible(name: str) -> None:
    with pytest.raises(ValueError, match="a name is one line"):
        registry.discovery_method(name)(registry.find_discovery_method("random"))
    assert name not in registry.DISCOVERY


def test_markup_in_a_label_is_text_in_every_table() -> None:
    label = "[red]=1+1[/red] <b>|x|</b> $HOME"
    results = [trial(track=Track.FUNCTION, method=label, seed=seed, metrics={"f1": 0.5}) for seed in range(3)]
    tables = score_tables(leaderboard(results))
    assert label in " ".join(terminal(tables, width=300).split())
    assert "<b>" not in markdown(tables)


def test_values_that_are_not_finite_enter_no_mean_and_are_shown() -> None:
    values = [0.5, 0.7, float("inf"), float("nan"), 1e308]
    results = [trial(seed=seed, metrics={"f1": value, "angle_max_deg": value}) for seed, value in enumerate(values)]
    (row,) = leaderboard(results)
    assert row.score is not None
    assert row.score.n == 2
    assert row.score.mean == pytest.approx(0.6)
    assert row.not_finite["f1"] == 3
    assert "(3 not finite)" in terminal(score_tables([row]), width=300)
    (row,) = leaderboard([trial(seed=seed, metrics={"f1": float("inf")}) for seed in range(2)])
    assert row.score is None
    assert "– (2 not finite)" in terminal(score_tables([row]), width=300)


def test_mlflow_receives_what_its_database_holds() -> None:
    assert _column(float("nan")) == (True, 0.0)
    assert _column(float("-inf")) == (False, -1.7976931348623157e308)
    assert _column(0.25) == (False, 0.25)


def test_a_record_keeps_plain_texts_of_limited_length() -> None:
    kept = words.for_record(HOSTILE * 10_000)
    assert type(kept) is str
    assert len(kept) <= words.MESSAGE_LIMIT
    assert kept.endswith(f"({len(HOSTILE) * 10_000} characters)")
    assert is_plain(kept)
