"""Drivers that kill themselves, each at another step of recording; run as a process by `test_acknowledged`.

Each logs what it has acknowledged, and how much of its journal was on disk.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from symbench.driver import flow
from symbench.executors import LocalExecutor
from symbench.executors.base import no_work
from symbench.home import Home
from symbench.journal import location
from symbench.journal.file import Journal
from symbench.plugins import load_plugins, read_plugin
from symbench.suite.resolve import parse_suite
from symbench.trial.result import Status, TrialResult
from tests.conftest import BEHAVIOURS
from tests.driver.test_flow import Silent
from tests.driver.test_scale import _NoTracker

SUITE = "name: killed\nseeds: 6\ndiscovery:\n  - {task: tiny, train_sizes: [10], methods: [behave]}\n"


class OneByOne(LocalExecutor):
    """Gives results without executing anything, so that this process has no threads that a fork would lose."""

    def run(self, specs: Any, *arguments: Any, **options: Any) -> Generator[TrialResult, None, None]:
        for spec in specs:
            options["before_waiting"]()
            yield TrialResult(key=spec.key, spec=spec, status=Status.OK)


class Together(OneByOne):
    """Has all results at hand before it gives the first."""

    def run(self, specs: Any, *arguments: Any, **options: Any) -> Generator[TrialResult, None, None]:
        yield from list(super().run(specs, before_waiting=no_work))


CASES: tuple[tuple[type[OneByOne], int], ...] = (
    *((OneByOne, step) for step in (2, 3, 4, 13, 22)),
    *((Together, step) for step in (1, 8, 12, 13, 14, 18)),
)
"""Executors, and the step at which the driver is killed: 4 for each result, or 2 for each, one for all, 1 for each."""


def home(folder: Path, executor: type[OneByOne], last: int) -> Home:
    return Home(folder / f"{executor.__name__}-{last}")


def log(folder: Path, executor: type[OneByOne], last: int) -> Path:
    return folder / f"{executor.__name__}-{last}.log"


def main(folder: Path) -> None:
    plugin = read_plugin(BEHAVIOURS)
    load_plugins([plugin])
    suite = parse_suite(SUITE, folder=folder)
    patch = pytest.MonkeyPatch()
    patch.setattr(flow, "Tracker", _NoTracker)
    patch.setattr(flow, "_ACKNOWLEDGE_S", 1e9)
    for case in CASES:
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            continue
        step = _steps(log(folder, *case), case[1])
        patch.setattr(location, "Journal", _journal(step))
        flow.run_suite(suite, case[0], _Observer(step), home=home(folder, *case), plugins=[plugin])
        os._exit(0)


def _steps(path: Path, last: int) -> Callable[..., None]:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    count = 0

    def step(**what: object) -> None:
        nonlocal count
        os.write(file, json.dumps(what).encode() + b"\n")
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def _journal(step: Callable[..., None]) -> type[Journal]:
    class Killed(Journal):
        def write_line(self, line: bytes) -> None:
            os.write(self._opened().fileno(), line[: len(line) // 2])
            step(torn=True)
            os.ftruncate(self._opened().fileno(), self._end)
            super().write_line(line)
            step(written=True)

        def sync(self) -> None:
            super().sync()
            step(on_disk=self.on_disk)

    return Killed


class _Observer(Silent):
    def __init__(self, step: Callable[..., None]) -> None:
        super().__init__()
        self.step = step

    def finished(self, result: TrialResult) -> None:
        self.step(acknowledged=result.key)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
