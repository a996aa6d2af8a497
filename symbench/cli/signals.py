"""Signals that stop a run: Ctrl-C, and the SIGTERM that batch systems and Kubernetes send before SIGKILL."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
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

    An exit at once may truncate the journal's last line, which the next run removes; nothing else is lost.
    """
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.signal is not None:
            os.write(sys.stderr.fileno(), b"symbench: stopped at once; the same command continues\n")
            os._exit(128 + number)
        stop.signal = number
        name = signal.Signals(number).name
        os.write(
            sys.stderr.fileno(),
            f"symbench: {name}: cancelling running trials; a second signal stops at once\n".encode(),
        )
        raise KeyboardInterrupt

    before = {number: signal.signal(number, handle) for number in _STOPPING}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
