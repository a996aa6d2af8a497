"""Signals that stop a run: Ctrl-C, and the SIGTERM that batch systems and Kubernetes send before SIGKILL."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """The first signal that was received; None if there was none."""

    signal: int | None = None

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, the convention of shells."""
        return 128 + (self.signal or signal.SIGINT)


@contextlib.contextmanager
def stoppable() -> Iterator[Stop]:
    """The first signal raises KeyboardInterrupt, so that everything is closed in order; the second exits at once.

    The second one works also while the main thread is stuck in a library that never returns to Python: a thread counts
    the signals. An exit at once may truncate the journal's last line, which the next run removes; nothing else is lost.
    """
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.signal is not None:
            return  # the thread exits
        stop.signal = number
        raise KeyboardInterrupt

    before = {number: signal.signal(number, handle) for number in _STOPPING}
    arrivals, wakeup = socket.socketpair()
    wakeup.setblocking(False)
    fd_before = signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_count, args=(arrivals,), name="symbench-signals", daemon=True).start()
    try:
        yield stop
    finally:
        signal.set_wakeup_fd(fd_before)
        wakeup.close()  # which ends the thread
        for number, handler in before.items():
            signal.signal(number, handler)


def _count(arrivals: socket.socket) -> None:
    """Announce the first signal, and end this process at the second."""
    count = 0
    with arrivals:
        while numbers := arrivals.recv(64):
            for number in numbers:
                if number not in _STOPPING:  # a time limit's alarm
                    continue
                count += 1
                if count > 1:
                    os.write(sys.stderr.fileno(), b"symbench: stopped at once; the same command continues\n")
                    os._exit(128 + number)
                name = signal.Signals(number).name
                text = f"symbench: {name}: cancelling running trials; a second signal stops at once\n"
                os.write(sys.stderr.fileno(), text.encode())
