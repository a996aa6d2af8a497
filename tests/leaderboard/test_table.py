"""Tables in a terminal: whole columns are left out before words are cut."""

from __future__ import annotations

import pytest

from symbench.leaderboard.table import Line, Table, fitting, terminal

HEADS = ("task", "method", "F1", "largest angle", "label spread σ", "agreement", "trials")
LINE = ("cms-dimuon-mass", "nullspace", "0.961 [0.955, 0.966]", "12.5", "0.00123", "0.5", "5 of 5")
TABLE = Table("scores", HEADS, (Line(LINE),), ("task", "method", "trials"), "A note.", narrow=("F1",))


@pytest.mark.parametrize("width", range(20, 150))
def test_words_are_whole_and_lines_fit(width: int) -> None:
    """From the width on at which the columns that are always shown have room."""
    shown = fitting(TABLE, width)
    text = terminal([TABLE], width=width)
    body = text[: text.find("A note.")]
    if width >= 30:
        for head, cell in zip(shown.heads, shown.lines[0].cells, strict=True):
            assert all(word in body.split() for word in [*head.split(), *cell.split()])
        assert max(map(len, body.splitlines())) <= width
    left_out = [head for head in HEADS if head not in shown.heads]
    assert shown.heads == tuple(head for head in HEADS if head not in left_out)
    assert all(head in shown.note for head in left_out)
    assert (shown is TABLE) == (not left_out)


def test_numbers_are_left_out_from_the_right_and_before_text() -> None:
    orders = [fitting(TABLE, width).heads for width in range(20, 150)]
    assert {*orders} == {
        HEADS,
        ("task", "method", "F1", "largest angle", "label spread σ", "trials"),
        ("task", "method", "F1", "largest angle", "trials"),
        ("task", "method", "F1", "trials"),
        ("task", "method", "F1"),
        ("task", "method"),
    }
    assert orders == sorted(orders, key=len)
