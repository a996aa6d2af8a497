"""A table of text, the same for the terminal, Markdown and the report's page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Line:
    """A row: its cells; `dim` for bounds, `rule` where a new group starts; where the score lies in [0, 1]."""

    cells: tuple[str, ...]
    dim: bool = False
    rule: bool = False
    interval: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Table:
    """A titled table; `words` are the heads of its columns of text, which are left-aligned, and `note` stands below."""

    title: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    words: tuple[str, ...]
    note: str = ""

    @property
    def text(self) -> tuple[bool, ...]:
        """Of each column whether it is text."""
        return tuple(head in self.words for head in self.heads)


def grouped(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with a rule where the first cell changes."""
    made: list[Line] = []
    for line in lines:
        made.append(replace(line, rule=bool(made) and line.cells[0] != made[-1].cells[0]))
    return tuple(made)
