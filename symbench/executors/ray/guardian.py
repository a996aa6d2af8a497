"""A program that ends the processes of a Ray cluster, and removes its files, when the driver closes a pipe or is gone.

    python guardian.py PID FOLDER

PID     of the driver
FOLDER  of the cluster's files, which the command lines of the driver's own children name; their children belong to the
        cluster as well, whatever they are called
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
import time

import psutil

_EVERY_S = (0.5, 0.5, 1.0, 1.0, 2.0, 2.0, 5.0)  # the last one from then on
_LOOK_S = 0.5
_GIVE_UP_S = 6.0


class ClusterProcesses:
    """What is known of the cluster's processes; psutil recognises a process id that is used again."""

    def __init__(self, driver: psutil.Process, folder: str) -> None:
        self._driver, self._folder = driver, folder
        self._known: set[psutil.Process] = set()

    def look(self) -> None:
        """Find new ones: the driver's children that name the folder, and all descendants of known ones."""
        known = {process.pid: process for process in self._known if process.is_running()}
        parents: dict[psutil.Process, int] = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                parents[process] = process.ppid()
        for process, parent in parents.items():
            if parent == self._driver.pid and process.pid != os.getpid():
                with contextlib.suppress(psutil.Error):
                    if any(self._folder in word for word in process.cmdline()):
                        known[process.pid] = process
        new: list[psutil.Process] | None = None
        while new is None or new:
            new = [process for process, parent in parents.items() if parent in known and process.pid not in known]
            known |= {process.pid: process for process in new}
        self._known = set(known.values())

    def living(self) -> list[psutil.Process]:
        """Those that have not ended."""
        living = []
        for process in self._known:
            with contextlib.suppress(psutil.Error):
                if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    living.append(process)
        return living

    def end(self) -> None:
        """Kill all of them, and what they start meanwhile."""
        give_up = time.monotonic() + _GIVE_UP_S
        while time.monotonic() < give_up:
            self.look()
            living = self.living()
            if not living:
                return
            for process in living:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            time.sleep(0.05)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        driver = psutil.Process(int(sys.argv[1]))
    except psutil.NoSuchProcess:
        return
    cluster = ClusterProcesses(driver, sys.argv[2])
    looks = 0
    next_look = time.monotonic()
    while driver.is_running() and driver.status() != psutil.STATUS_ZOMBIE:
        readable, _, _ = select.select([sys.stdin], [], [], _LOOK_S)
        if readable:
            break
        if time.monotonic() >= next_look:
            cluster.look()
            next_look = time.monotonic() + _EVERY_S[min(looks, len(_EVERY_S) - 1)]
            looks += 1
    cluster.end()
    shutil.rmtree(sys.argv[2], ignore_errors=True)


if __name__ == "__main__":
    main()
