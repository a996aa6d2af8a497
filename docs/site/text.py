"""Markdown of generated pages: tables and texts of the code, escaped."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence

_SPECIAL = re.compile(r"([\\*_\[\]{}])")
_ITEM = re.compile(r"^(?:\d+\.|\*|-) ")
_FIELD = re.compile(r"^(?P<names>\S(?:.*?\S)?) {2,}(?P<meaning>\S.*)$")


def plain(text: str) -> str:
    """A text of the code as Markdown that shows it as it is, on one line; `code` stays code."""
    pieces = re.split(r"(`[^`]*`)", " ".join(text.split()).replace("|", "&#124;"))
    return "".join(
        piece.replace("&#124;", "\\|") if piece.startswith("`") else _SPECIAL.sub(r"\\\1", piece).replace("<", "&lt;")
        for piece in pieces
    )


def documentation(text: str) -> str:
    """A docstring as Markdown: its lists as lists, its aligned columns of names and meanings as tables."""
    blocks = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return "\n\n".join(part for block in blocks for part in _parts(block.splitlines()))


def _parts(lines: list[str]) -> Iterator[str]:
    """The prose of a block, then its list or its table; lines that belong to neither are prose again."""
    prose: list[str] = []
    items: list[str] = []
    fields: list[tuple[str, str]] = []
    for line in lines:
        if field := _FIELD.match(line):
            fields.append((field["names"], field["meaning"]))
        elif _ITEM.match(line):
            items.append(line)
        elif line.startswith(" ") and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        elif line.startswith(" ") and items:
            items[-1] += " " + line.strip()
        else:
            yield from _shown(prose if fields or items else [], items, fields)
            if fields or items:
                prose, items, fields = [], [], []
            prose.append(line)
    yield from _shown(prose, items, fields)


def _shown(prose: list[str], items: list[str], fields: list[tuple[str, str]]) -> Iterator[str]:
    if prose:
        yield plain(" ".join(prose))
    if items:
        yield "\n".join(re.sub(r"^\S+", lambda mark: mark[0].replace("*", "-"), _item(item)) for item in items)
    if fields:
        yield table(("name", "meaning"), [(plain(name), plain(meaning)) for name, meaning in fields])


def _item(text: str) -> str:
    mark, _, rest = text.partition(" ")
    return f"{mark} {plain(rest)}"


def sentence(text: str) -> str:
    """A summary as a sentence."""
    shown = plain(text).rstrip(".") + "."
    return shown[0].upper() + shown[1:] if re.match(r"[a-z]{2}", shown) else shown


def code(value: object) -> str:
    """A value as code inside a table."""
    text = str(value).replace("|", "\\|")
    return f"`{text}`" if text else ""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; empty if there are no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(header)} |", "|" + " --- |" * len(header), *lines]) + "\n" if lines else ""


def page(title: str, introduction: str, *parts: str) -> str:
    """A whole page."""
    return "\n\n".join([f"# {title}", introduction, *(part.rstrip() for part in parts if part)]) + "\n"
