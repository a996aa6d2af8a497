"""The entry point and the command in it: only the entry point may end the process."""

from __future__ import annotations

import sys
import threading

import pytest

from symbench import calls
from symbench.cli import command


def test_a_command_leaves_its_process_alone_even_if_a_call_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = threading.Event()
    thread = threading.Thread(target=stuck.wait, daemon=True)
    thread.start()
    monkeypatch.setattr(calls, "_abandoned", [thread])
    monkeypatch.setattr("symbench.calls.os._exit", lambda code: pytest.fail("the process was ended"))
    monkeypatch.setattr(sys, "argv", ["symbench", "--version"])
    with pytest.raises(SystemExit) as ended:
        command()
    assert not ended.value.code
    stuck.set()
