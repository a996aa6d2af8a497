"""Paths in a suite that name several files, by `*`, `?` and `{split}`, or a tree in a file, as in `file.root:tree`."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import NamedTuple

from symbench.tasks.own_files import split_tree

_MARKS = ("*", "?", "{split}")


class PathPattern(NamedTuple):
    """A path of a suite in parts.

    base     the part that is no pattern: a file, or the folder of the files
    pattern  the rest, relative to the base, as it stands in the suite; empty for a single file
    tree     the tree after the colon, with the colon; empty without one
    """

    base: str
    pattern: str
    tree: str

    def files(self, base: Path) -> list[Path]:
        """The files that match in this folder, in order; the base itself without a pattern."""
        if not self.pattern:
            return [base]
        return sorted(file for file in base.glob(self.pattern.replace("{split}", "*")) if file.is_file())


def path_pattern(text: str) -> PathPattern:
    """The parts of a path; raises ValueError for a pattern that leads out of its folder."""
    path, tree = split_tree(text)
    parts = PurePath(path).parts
    first = next((at for at, part in enumerate(parts) if any(mark in part for mark in _MARKS)), len(parts))
    if any(part in ("..", "**") for part in parts[first:]):
        raise ValueError("`..` and `**` do not stand behind a pattern")
    base = str(PurePath(*parts[:first])) if first else "."
    return PathPattern(
        path if first == len(parts) else base,
        str(PurePath(*parts[first:])) if first < len(parts) else "",
        f":{tree}" if tree is not None else "",
    )
