"""Calls of Ray with a deadline. Many of them block for ever if the head or the node's raylet does not answer.

Each call runs in one thread beside the driver's, which waits for it in short steps: in between it looks at the health
of the cluster, and takes signals. A call that is stuck is abandoned together with its thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from symbench.abandoned import abandon
from symbench.errors import InfrastructureError

LOOK_EVERY_S = 1.0
CALL_S = 60.0  # for a call that waits for nothing but an answer; large data take longer, see `share`
_T = TypeVar("_T")


class _Call:
    __slots__ = ("answer", "arguments", "function", "options")

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.function, self.arguments, self.options = function, arguments, options
        self.answer: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()


class Calls:
    """Makes calls one at a time; to be used from one thread.

    check   called about once a second while a call is running; raises InfrastructureError if the cluster is lost
    """

    def __init__(self, check: Callable[[], object] = lambda: None) -> None:
        self.check = check
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
                            f"Ray has not answered for {limit_s:g} s: a process of the cluster is stopped or cannot be "
                            "reached; what finished is in the journal, and the same command runs the rest"
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
            self._thread = threading.Thread(
                target=_serve, args=(self._waiting,), name="symbench-ray-calls", daemon=True
            )
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
        del call  # its arguments may hold references to objects of the cluster


def direct(function: Callable[..., _T], *arguments: Any, limit_s: float = CALL_S, **options: Any) -> _T:
    """The call itself, in this thread and without a deadline: for a cluster that cannot stop, as in tests."""
    return function(*arguments, **options)
