"""Calls with a deadline, of libraries that block for ever if what they call does not answer: Ray, database drivers.

Each call runs in one thread beside the caller's, which waits for it in short steps: in between it checks whether
waiting is of use, and takes signals. A call that is stuck is abandoned together with its thread; a process that has
such a thread must not end in the usual way, since the library's own clean-up would wait for the same call.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from symbench.errors import InfrastructureError

LOOK_EVERY_S = 1.0
CALL_S = 60.0  # for a call that waits for nothing but an answer
_T = TypeVar("_T")
_abandoned: list[threading.Thread] = []


class _Call:
    __slots__ = ("answer", "arguments", "function", "options")

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.function, self.arguments, self.options = function, arguments, options
        self.answer: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()


class Calls:
    """Makes calls one at a time; to be used from one thread.

    whom    what does not answer if a call takes too long, for the error
    check   called about once a second while a call is running; raises InfrastructureError if waiting is no use
    """

    def __init__(self, whom: str, check: Callable[[], object] = lambda: None) -> None:
        self.whom, self.check = whom, check
        self._waiting: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def __call__(self, function: Callable[..., _T], *arguments: Any, limit_s: float = CALL_S, **options: Any) -> _T:
        """The result of `function(*arguments, **options)`, or its exception.

        Raises InfrastructureError if it takes longer than `limit_s`, and what `check` raises.
        """
        call = _Call(function, arguments, options)
        self._start()
        self._waiting.put(call)
        deadline = time.monotonic() + limit_s
        while True:
            try:
                result, error = call.answer.get(timeout=LOOK_EVERY_S)
            except Empty:
                try:
                    self.check()
                    if time.monotonic() > deadline:
                        raise InfrastructureError(
                            f"{self.whom} has not answered for {limit_s:g} s: it is stopped, or cannot be reached; "
                            "what finished is in the journal, and the same command does the rest"
                        )
                except InfrastructureError:
                    self._abandon()
                    raise
            else:
                if error is not None:
                    raise error
                return result  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the thread, after the call that it is in."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread = None

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=_serve, args=(self._waiting,), name="symbench-calls", daemon=True)
            self._thread.start()

    def _abandon(self) -> None:
        if self._thread is not None:
            abandon(self._thread)
            self._thread = None
            self._waiting = SimpleQueue()


def _serve(waiting: SimpleQueue[_Call | None]) -> None:
    while (call := waiting.get()) is not None:
        try:
            call.answer.put((call.function(*call.arguments, **call.options), None))
        except BaseException as error:
            call.answer.put((None, error))
        del call  # its arguments may hold large data


def direct(function: Callable[..., _T], *arguments: Any, limit_s: float = CALL_S, **options: Any) -> _T:
    """The call itself, in this thread and without a deadline."""
    return function(*arguments, **options)


def abandon(thread: threading.Thread) -> None:
    """Note that a daemon thread may never return."""
    _abandoned.append(thread)


def leave_if_stuck(code: int) -> None:
    """End this process with the exit code at once if an abandoned thread is still stuck; else return."""
    if any(thread.is_alive() for thread in _abandoned):
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(code)
