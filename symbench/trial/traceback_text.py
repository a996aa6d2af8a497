"""The text of an error's traceback: its end, and every frame of the user's own files."""

from __future__ import annotations

import sys
import traceback
import types
from collections.abc import Iterator

from symbench.redaction import redact_text
from symbench.words import visible

PLUGIN_MARK = "__symbench_plugin__"
"""The global name by which a module, and so each frame of it, is known to come from a plug-in file."""

MOST_LINES = 12
_MOST_PLUGIN_FRAMES = 200  # a recursion of two functions has a thousand, and a journal keeps what is recorded
_LONGEST_PART = 4000
_HEAD = "Traceback (most recent call last):"


def traceback_text(error: BaseException, most_lines: int = MOST_LINES) -> str:
    """The last `most_lines` lines, and before them every frame of a plug-in file with its error, without secrets.

    A line says how many lines are left out at its place. Of more than 200 frames of plug-ins the last 200 are kept.
    """
    parts = [_bounded(part) for part in traceback.TracebackException.from_exception(error).format()]
    own = _own_parts(parts, _plugin_files(error))
    kept: list[str] = []
    room, left_out = most_lines, 0
    for index in reversed(range(len(parts))):
        lines = parts[index].split("\n")
        if not kept and len(lines) > room:
            lines, left_out = lines[-room:], len(lines) - room
        elif index not in own and len(lines) > room:
            room, left_out = 0, left_out + len(lines)  # the end is complete: from here on only the plug-ins' own parts
            continue
        room -= len(lines)
        if left_out and kept:
            kept.append(_gap(left_out))
            left_out = 0
        kept.append("\n".join(lines))
    if left_out:
        kept.append(_gap(left_out))
    return visible(redact_text("\n".join(reversed(kept))))


def _bounded(part: str) -> str:
    """The part without its middle if a message makes it very long."""
    part = part.rstrip("\n")
    if len(part) <= _LONGEST_PART:
        return part
    half = _LONGEST_PART // 2
    return f"{part[:half]} … ({len(part)} characters) … {part[-half:]}"


def _own_parts(parts: list[str], files: set[str]) -> set[int]:
    """Which parts are frames of these files, or the error that ended a stack with such a frame."""
    starts = [f'File "{name}", line ' for name in files]
    own: list[int] = []
    errors: list[int] = []
    inside = False
    for index, part in enumerate(parts):
        if part.strip(" |+").startswith(_HEAD):
            inside = False
        elif any(start in part for start in starts):
            own.append(index)
            inside = True
        elif own and own[-1] == index - 1 and "\n" not in parts[index - 1] and part.startswith("    "):
            own.append(index)  # a note is in parts of one line: this is the source line of the frame before
        elif inside and not part.strip(" |+").startswith("File "):
            errors.append(index)
            inside = False
    return {*own[-_MOST_PLUGIN_FRAMES:], *errors}


def _gap(lines: int) -> str:
    return f"  ... {lines} lines left out"


def _plugin_files(error: BaseException) -> set[str]:
    """The files of all frames of plug-ins, in the error, its causes and the members of groups, and of all plug-ins of
    this process: a note may hold the traceback of another one."""
    loaded = [vars(module) for module in list(sys.modules.values()) if isinstance(module, types.ModuleType)]
    return {str(names["__file__"]) for names in loaded if PLUGIN_MARK in names} | {
        frame.f_code.co_filename
        for raised in _chain(error)
        for frame, _ in traceback.walk_tb(raised.__traceback__)
        if PLUGIN_MARK in frame.f_globals
    }


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and every one that it came from or holds."""
    waiting: list[BaseException | None] = [error]
    known: set[int] = set()
    while waiting:
        raised = waiting.pop()
        if raised is None or id(raised) in known:
            continue
        known.add(id(raised))
        yield raised
        waiting += [raised.__cause__, raised.__context__]
        if isinstance(raised, BaseExceptionGroup):
            waiting += raised.exceptions
