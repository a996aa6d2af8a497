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
    """Tables one below the other for a terminal of this width; very long ones as wide as they need to be."""
    if sum(len(table.lines) for table in tables) > PLAIN_ABOVE:
        return "\n".join(line for table in tables for line in _plain(table))
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), width=width, highlight=False)
    for table in tables:
        console.print(_rich(table))
        if table.note:
            console.print(Text(for_terminal(table.note)), end="\n\n")
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def markdown_table(heads: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; a pipe in a cell is escaped."""
    head, *lines = ("| " + " | ".join(for_markdown(cell) for cell in line) + " |" for line in (heads, *body))
    return "\n".join((head, "| " + " | ".join("---" for _ in heads) + " |", *lines))


def _rich(table: Table) -> RichTable:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text  # cells are text, never markup: `fit [s]` and `[boost]` are shown as written

    title = Text(one_line(table.title), style="bold")
    rich = RichTable(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for head, is_text in zip(table.heads, table.text, strict=True):
        rich.add_column(
            Text(one_line(head)),
            justify="left" if is_text else "right",
            vertical="bottom",
            no_wrap=head in table.narrow,
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
