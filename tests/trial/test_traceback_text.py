"""The text of a traceback: its end, and every frame of plug-in files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from symbench.plugins import load_plugins, read_plugin
from symbench.trial.traceback_text import MOST_LINES, PLUGIN_MARK, traceback_text

OWN = """def outer(between):
    return inner(between)
def inner(between):
    return between(9, fail)
def fail():
    {}
"""
CHAINED = """try:
        1 / 0
    except ZeroDivisionError as error:
        raise {}"""


def text_of(statement: str, *, marked: bool = True) -> str:
    """The text of an error whose stack is: ten frames of this file, two of the user's, nine of this one, the user's."""
    own: dict[str, Any] = {PLUGIN_MARK: True} if marked else {}
    exec(compile(OWN.format(statement), "own.py", "exec"), own)
    with pytest.raises(Exception, match="why") as raised:
        deep(10, lambda: own["outer"](deep))
    return traceback_text(raised.value)


def deep(depth: int, then: Callable[[], object]) -> object:
    """Frames that alternate between two lines: Python itself folds equal ones."""
    if depth % 2:
        return deep(depth - 1, then)
    if depth:
        return deep(depth - 1, then)
    return then()


def test_frames_of_plugins_stay_and_others_give_way() -> None:
    shown = text_of("raise ValueError('why')")
    for line, name in ((2, "outer"), (4, "inner"), (6, "fail")):
        assert shown.count(f'File "own.py", line {line}, in {name}') == 1
    assert shown.endswith("ValueError: why")
    assert "lines left out" in shown
    plain = text_of("raise ValueError('why')", marked=False)
    assert "in outer" not in plain
    assert len(plain.splitlines()) <= MOST_LINES + 1


def test_a_cause_keeps_its_frames_and_its_message() -> None:
    shown = text_of(CHAINED.format("ValueError('why') from error"))
    assert 'File "own.py", line 7, in fail' in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert shown.endswith("ValueError: why")


def test_members_of_a_group_keep_their_frames() -> None:
    shown = text_of(CHAINED.format("ExceptionGroup('why', [error])"))
    assert 'File "own.py", line 7, in fail' in shown
    assert "ZeroDivisionError" in shown


def test_a_long_message_is_cut_to_its_end() -> None:
    lines = text_of("raise ValueError('why' + '\\n'.join(map(str, range(1000))))").splitlines()
    assert lines[-MOST_LINES:] == [str(number) for number in range(1000 - MOST_LINES, 1000)]
    assert len(lines) < 60


def test_of_a_long_recursion_the_last_frames_are_kept() -> None:
    own: dict[str, Any] = {PLUGIN_MARK: True}
    exec(compile("def a(n): return b(n)\ndef b(n): return a(n - 1) if n else 1 / 0\n", "own.py", "exec"), own)
    with pytest.raises(ZeroDivisionError) as raised:
        own["a"](300)
    assert traceback_text(raised.value).count('File "own.py"') == 200


def test_secrets_are_hidden() -> None:
    assert "https://me:***@host" in text_of("raise ValueError('why https://me:secret-word@host')")


def test_a_note_with_the_traceback_of_another_process_keeps_the_frames_of_loaded_plugins(tmp_path: Path) -> None:
    (tmp_path / "noted.py").write_text("def fail():\n    raise ValueError('why')\n")
    plugin = read_plugin(tmp_path / "noted.py")
    load_plugins([plugin])
    with pytest.raises(ValueError, match="why") as there:
        sys.modules[plugin.module].fail()
    lines = traceback_text(there.value).split("\n")
    at = next(index for index, line in enumerate(lines) if plugin.file in line)
    lines[at + 2 : at + 2] = [f'  File "/elsewhere/{n}.py", line 1, in f' for n in range(30)]
    error = RuntimeError("in a worker")
    error.add_note("\n".join(lines))
    shown = traceback_text(error)
    assert f"  File \"{plugin.file}\", line 2, in fail\n    raise ValueError('why')\n" in shown
    assert "/elsewhere/3.py" not in shown
