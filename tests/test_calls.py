"""Calls with a deadline: results, exceptions, calls that never return, and the end of a process with one of those."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from symbench import calls
from symbench.calls import Calls
from symbench.errors import InfrastructureError


@pytest.fixture(autouse=True)
def _own_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_abandoned", [])
    monkeypatch.setattr(calls, "LOOK_EVERY_S", 0.05)


def raises(error: BaseException) -> None:
    raise error


def test_a_call_gives_its_result_or_its_exception_from_another_thread() -> None:
    call = Calls("it")
    assert call(sorted, [3, 1], reverse=True) == [3, 1]
    assert call(threading.get_ident) == call(threading.get_ident) != threading.get_ident()
    with pytest.raises(KeyError, match="x"):
        call(raises, KeyError("x"))
    with pytest.raises(SystemExit):
        call(raises, SystemExit(4))
    assert call(abs, -1) == 1
    call.close()


def test_a_call_that_does_not_return_ends_at_its_deadline_and_the_next_has_a_new_thread() -> None:
    call, never = Calls("the server"), threading.Event()
    began = time.monotonic()
    with pytest.raises(InfrastructureError, match=r"the server has not answered for 0.2 s"):
        call(never.wait, limit_s=0.2)
    assert time.monotonic() - began < 10.0
    assert call(abs, -1) == 1
    never.set()
    call.close()


def test_a_check_that_fails_ends_the_wait() -> None:
    call, never = Calls("it"), threading.Event()
    call.check = lambda: raises(InfrastructureError("the cluster is lost"))
    with pytest.raises(InfrastructureError, match="the cluster is lost"):
        call(never.wait)
    never.set()


STUCK = """
import atexit, sys, threading, time
from symbench.calls import Calls, leave_if_stuck
from symbench.errors import InfrastructureError
atexit.register(time.sleep, 600)  # as a library that waits for its own call
try:
    Calls("it")(time.sleep, 600, limit_s=0.1)
except InfrastructureError:
    print("printed")
    leave_if_stuck(3)
"""


def test_a_process_with_a_stuck_call_ends_at_once_with_its_code() -> None:
    ended = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (3, "printed\n")


def test_a_process_without_one_goes_on() -> None:
    call = Calls("it")
    call(abs, 1)
    calls.leave_if_stuck(5)
    call.close()
