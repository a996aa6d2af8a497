"""Threads that are stuck in a library's call which never returns; a process that has one must not end in the usual way.

Python's usual end runs the library's own clean-up, which would wait for the same call.
"""

from __future__ import annotations

import os
import sys
import threading

_threads: list[threading.Thread] = []


def abandon(thread: threading.Thread) -> None:
    """Note that a daemon thread may never return."""
    _threads.append(thread)


def leave_if_stuck(code: int) -> None:
    """End this process with the exit code at once if an abandoned thread is still stuck; else return."""
    if any(thread.is_alive() for thread in _threads):
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(code)
