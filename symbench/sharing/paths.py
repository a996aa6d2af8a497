"""Texts without the paths of this machine: in what is handed to others, only names of files stay.

An absolute path becomes `…/name.ext`; a file of an installed package, or of symbench, keeps the path inside of it, as
in `…/site-packages/torch/serialization.py`, so that a traceback stays readable. Folders and files without a suffix
become `…`. What is left in a suite is a name beside the suite, where its reader can put the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_GONE = "…"
_URL = re.compile(r"\b(?P<scheme>file|sqlite(?:\+\w+)?):/{2,4}(?P<path>[^\s'\"<>]+)")
_PATH = re.compile(r"(?<![\w.:/\\~*…-])(?:/[^\s/'\"<>|:;,()\[\]{}`*?]+){2,}/?")
_HOME = re.compile(r"(?<![\w./\\-])~\w*(?:/[^\s/'\"<>|:;,()\[\]{}`*?]+)+/?")
_ROOTS = ("site-packages", "dist-packages", "symbench")


def without_paths(text: str, folders: Iterable[str] = ()) -> str:
    """The text without absolute paths.

    folders     paths that are known, in which a blank is part of the path; each is `…` in the answer
    """
    for folder in _longest_first(folders):
        text = text.replace(folder, _GONE)
    text = _URL.sub(lambda m: f"{m['scheme']}:{_shortened('/' + m['path'])}", text)
    return _PATH.sub(lambda m: _shortened(m[0]), _HOME.sub(lambda m: _shortened(m[0]), text))


def suite_without_paths(text: str, files: Iterable[str], folder: str) -> str:
    """The text of a suite with file names in place of the absolute paths of `files`; others go by `without_paths`.

    folder      that of the suite: a path inside of it becomes relative to it
    """
    inside = f"{folder.rstrip('/')}/"
    text = text.replace(inside, "") if len(inside) > 1 else text
    for file in _longest_first(files):
        if file.startswith("/"):
            text = text.replace(file, file.rsplit("/", 1)[-1])
    return without_paths(text)


def _longest_first(paths: Iterable[str]) -> list[str]:
    """Without the root, which is part of every path."""
    return sorted({path.rstrip("/") for path in paths if path.strip("/")}, key=len, reverse=True)


def _shortened(path: str) -> str:
    parts = path.strip("/").split("/")
    for root in _ROOTS:
        if root in parts[:-1] and parts[-1].endswith(".py"):
            last = len(parts) - 1 - parts[::-1].index(root)
            return "/".join((_GONE, *parts[last:]))
    return f"{_GONE}/{parts[-1]}" if "." in parts[-1].strip(".") and not path.endswith("/") else _GONE
