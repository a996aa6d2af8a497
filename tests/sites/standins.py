"""Stand-ins for the programs of a site: they write down how they were called, and what came in the environment."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# One file a call: the arguments, an empty one, the environment; each ended by a zero byte.
RECORD = """#!/usr/bin/env bash
{ printf '%s\\0' "$(basename "$0")" "$@" ''; env -0; } >"$CALLS/$(date +%s%N)-$$"
"""


@dataclass(frozen=True)
class Call:
    """One call of a stand-in."""

    program: str
    arguments: list[str]
    environment: dict[str, str]


class Site:
    """A folder of stand-ins, first on PATH, and the calls that they received."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        self.log = folder / "calls"
        self.log.mkdir()
        # What an activated virtual environment does to PATH, without losing the stand-ins.
        (self.bin / "activate").write_text(f'export PATH="{self.bin}:$PATH"\n')

    def program(self, name: str, then: str = "") -> None:
        """A program that records its call and then runs these lines of bash."""
        file = self.bin / name
        file.write_text(RECORD + then)
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        path = f"{self.bin}:{os.environ['PATH']}"
        return {**kept, "PATH": path, "CALLS": str(self.log), "SYMBENCH_VENV": str(self.folder), **more}

    def calls(self, program: str | None = None) -> list[Call]:
        every = [_read(file) for file in sorted(self.log.iterdir())]
        return [call for call in every if program in (None, call.program)]


def _read(file: Path) -> Call:
    fields = file.read_text().removesuffix("\0").split("\0")
    end = len(fields) - fields[::-1].index("") - 1
    environment = dict(field.split("=", 1) for field in fields[end + 1 :])
    return Call(fields[0], fields[1:end], environment)


def run(
    command: list[str], *, cwd: Path, env: dict[str, str], timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run to the end, with both outputs in one text."""
    return subprocess.run(
        command, cwd=cwd, env=env, timeout=timeout, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Poll until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
