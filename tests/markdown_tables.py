"""Tables and code of Markdown pages; each table with the comment above it that names the source of its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMMENT = re.compile(r"<!--(.*?)-->", re.S)


@dataclass(frozen=True)
class MarkdownTable:
    """A pipe table; `comment` is the text of the HTML comment that ends in the line above its header, or None."""

    page: Path
    line: int
    comment: str | None
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def code_blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language in a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.M | re.S)


def tables_of(page: Path) -> Iterator[MarkdownTable]:
    """The tables of a page in their order, without those in fenced code."""
    yield from tables_in(page.read_text(), page)


def tables_in(text: str, page: Path) -> Iterator[MarkdownTable]:
    lines = re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), text, flags=re.M | re.S).split("\n")
    number = 0
    while number < len(lines):
        start = number
        while number < len(lines) and lines[number].startswith("|"):
            number += 1
        if number - start >= 2:
            header, _, *rows = (_cells(line) for line in lines[start:number])
            yield MarkdownTable(page, start + 1, _comment_above(lines[:start]), header, tuple(rows))
        number += 1


def _cells(line: str) -> tuple[str, ...]:
    cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
    return tuple(cell.strip().replace(r"\|", "|") for cell in cells)


def _comment_above(lines: list[str]) -> str | None:
    if not lines or not lines[-1].endswith("-->"):
        return None
    *_, last = COMMENT.finditer("\n".join(lines))
    return last[1].strip()
