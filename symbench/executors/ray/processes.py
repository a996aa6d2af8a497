"""The processes of a Ray that this run has started: whether its parts live, and that none outlives the run.

Ray ends most of them itself, but not if they are stopped, not its agents (which wait a minute for a new head), and none
if the driver leaves at once. A small guardian process remembers all of them by process id and start time; it ends what
is left when the driver says so, and when the driver is gone, however it ended.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import psutil

_END_S = 8.0
_PARTS = ("gcs_server", "raylet")
_left_to_guardian: list[subprocess.Popen[bytes]] = []


class OwnProcesses:
    """Those of the cluster whose files are in `folder`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._parts: dict[str, psutil.Process] = {}
        program = Path(__file__).with_name("guardian.py")
        self._guardian = subprocess.Popen(
            [sys.executable, "-P", str(program), str(psutil.Process().pid), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal goes to the driver's whole process group
        )

    def find_parts(self) -> None:
        """Look up the head and the raylet, which have started."""
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error):
                words = child.cmdline()
                name = Path(words[0]).name if words else ""
                if name in _PARTS and any(self._folder in word for word in words):
                    self._parts[name] = child

    def dead_part(self) -> str | None:
        """The name and process id of a part without which the cluster cannot go on, if it has died."""
        for name, process in self._parts.items():
            if not _lives(process):
                return f"{name} (process {process.pid})"
        return None

    def end_with_driver(self) -> None:
        """Leave them to the guardian, which ends them when this process has ended."""
        _left_to_guardian.append(self._guardian)  # an object that is collected closes its pipe

    def end(self) -> None:
        """End every process that is left, stopped ones too; returns when they are gone."""
        assert self._guardian.stdin is not None
        with contextlib.suppress(OSError):
            self._guardian.stdin.close()
        try:
            self._guardian.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._guardian.kill()
            self._guardian.wait()


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
