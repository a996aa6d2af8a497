"""A table of text, written for the terminal, as Markdown, or on the report's page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from symbench.words import for_markdown, for_terminal, one_line

if TYPE_CHECKING:
    from rich.table import Table as RichTable

NOTHING = "–"
_BETWEEN = 3  # characters between two columns as rich draws them
_EDGES = 2
_FIRST = 2  # columns that are always shown: they say what a line is about
PLAIN_ABOVE = 500
"""Tables with more lines are laid out for the terminal without rich, whose wrapping takes a millisecond a line."""


@dataclass(frozen=True)
class Line:
    """A row. `dim`: reference row; `rule`: a new group starts; `interval` (low, mean, high) is in [0, 1]."""

    cells: tuple[str, ...]
    dim: bool = False
    rule: bool = False
    interval: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Table:
    """A titled table.

    words    heads of the columns of text, which are left-aligned
    narrow   heads of columns whose cells are never broken into lines
    note     a text below the table
    """

    title: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    words: tuple[str, ...]
    note: str = ""
    narrow: tuple[str, ...] = ()

    @property
    def text(self) -> tuple[bool, ...]:
        """For each column whether it is text."""
        return tuple(head in self.words for head in self.heads)


def grouped(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with a rule before each new value of the first cell."""
    ruled: list[Line] = []
    for line in lines:
        ruled.append(replace(line, rule=bool(ruled) and line.cells[0] != ruled[-1].cells[0]))
    return tuple(ruled)


def markdown(tables: Sequence[Table]) -> str:
    """Tables one below the other as Markdown."""
    parts = (
        (f"**{for_markdown(t.title)}**", markdown_table(t.heads, [line.cells for line in t.lines]), t.note)
        for t in tables
    )
    return "\n\n".join("\n\n".join(filter(None, (title, body, for_markdown(note)))) for title, body, note in parts)


def terminal(tables: Sequence[Table], *, width: int = 140) -> str:
    """Tables one below the other for a terminal of this width; very long ones as wide as they need to be.

    Columns that a table has no room for are left out (`fitting`).
    """
    if sum(len(table.lines) for table in tables) > PLAIN_ABOVE:
        return "\n".join(line for table in tables for line in _plain(table))
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), width=width, highlight=False)
    for table in (fitting(table, width) for table in tables):
        console.print(_rich(table, width))
        if table.note:
            console.print(Text(for_terminal(table.note)), end="\n\n")
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def markdown_table(heads: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; a pipe in a cell is escaped."""
    head, *lines = ("| " + " | ".join(for_markdown(cell) for cell in line) + " |" for line in (heads, *body))
    return "\n".join((head, "| " + " | ".join("---" for _ in heads) + " |", *lines))


def _rich(table: Table, width: int) -> RichTable:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text  # cells are text, never markup: `fit [s]` and `[boost]` are shown as written

    title = Text(one_line(table.title), style="bold")
    rich = RichTable(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for head, is_text, characters in zip(table.heads, table.text, _widths(table, width), strict=True):
        rich.add_column(
            Text(one_line(head)),
            justify="left" if is_text else "right",
            vertical="bottom",
            no_wrap=head in table.narrow,
            width=characters,
        )
    for line in table.lines:
        if line.rule:
            rich.add_section()
        rich.add_row(*(Text(one_line(cell)) for cell in line.cells), style="dim" if line.dim else None)
    return rich


def _plain(table: Table) -> Iterator[str]:
    """Aligned columns as wide as they need to be."""
    rows = [[one_line(cell) for cell in row] for row in (table.heads, *(line.cells for line in table.lines))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield one_line(table.title)
    for row in rows:
        cells = (
            cell.ljust(width) if is_text else cell.rjust(width)
            for cell, width, is_text in zip(row, widths, table.text, strict=True)
        )
        yield "  ".join(cells).rstrip()
    yield for_terminal(table.note)


def fitting(table: Table, width: int) -> Table:
    """The table without the columns that do not fit, which its note names.

    A column needs its longest word, or its longest cell if its cells are never broken. Numbers are left out from the
    right; columns of text, and those whose cells are never broken, only after all others.
    """
    kept = list(range(len(table.heads)))
    needed = [_needed(table, column) for column in kept]
    while len(kept) > _FIRST and sum(needed[c] for c in kept) + _BETWEEN * (len(kept) - 1) + _EDGES > width:
        optional = kept[_FIRST:]
        kept.remove(next((c for c in reversed(optional) if not _essential(table, c)), optional[-1]))
    if len(kept) == len(table.heads):
        return table
    missing = ", ".join(head for column, head in enumerate(table.heads) if column not in kept)
    note = f"Columns that do not fit into {width} characters: {missing}. The format `markdown` shows all."
    return replace(
        table,
        heads=tuple(table.heads[c] for c in kept),
        lines=tuple(replace(line, cells=tuple(line.cells[c] for c in kept)) for line in table.lines),
        note=f"{table.note} {note}".strip(),
    )


def _widths(table: Table, width: int) -> list[int]:
    """Characters of each column: what it needs, and what is left over from the left, until cells are in one line."""
    columns = range(len(table.heads))
    widths = [_needed(table, c) for c in columns]
    room = width - sum(widths) - _BETWEEN * (len(columns) - 1) - _EDGES
    for c in columns:
        longest = max(len(one_line(text)) for text in (table.heads[c], *(line.cells[c] for line in table.lines)))
        more = max(0, min(room, longest - widths[c]))
        widths[c], room = widths[c] + more, room - more
    return widths


def _essential(table: Table, column: int) -> bool:
    return table.text[column] or table.heads[column] in table.narrow


def _needed(table: Table, column: int) -> int:
    head, cells = one_line(table.heads[column]), [one_line(line.cells[column]) for line in table.lines]
    whole = cells if table.heads[column] in table.narrow else [word for cell in cells for word in cell.split()]
    return max(map(len, [*head.split(), *whole]), default=0)
