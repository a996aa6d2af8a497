"""What a run shows while it runs: a bar on a terminal, plain lines otherwise."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from symbench.run import Observer
from symbench.trial import Status, TrialResult

_LINE_EVERY_S = 10.0


@contextlib.contextmanager
def show_progress(*, quiet: bool = False) -> Iterator[Observer]:
    """An observer that suits where standard error goes; `quiet` shows failures only."""
    if sys.stderr.isatty() and not quiet:
        from symbench.cli.progress_bar import bar_progress

        with bar_progress() as bar:
            yield bar
    else:
        yield PlainProgress(quiet)


def describe(result: TrialResult) -> str:
    """`task / method / size / seed`."""
    spec = result.spec
    return f"{spec.task_label} / {spec.method_label} / {spec.train_size} / seed {spec.seed}"


def problem(result: TrialResult) -> str | None:
    """One line for a trial that did not end well."""
    if result.status is Status.OK:
        return None
    error = f": {result.error.type}: {result.error.message.splitlines()[0]}" if result.error else ""
    return f"{result.status.value:12s} {describe(result)}{error}"


class PlainProgress:
    """A line at the start, at most one every ten seconds, and one for every trial that fails."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.total = self.done = 0
        self.started = self.said = time.monotonic()

    def executing_on(self, where: str) -> None:
        self._say(where)
        self.started = time.monotonic()

    def making_data(self, task: str) -> None:
        self._say(f"data of {task}")

    def planned(self, to_run: int, done: int) -> None:
        self.total = to_run
        self._say(f"{to_run} trials to run, {done} need none")

    def finished(self, result: TrialResult) -> None:
        line = problem(result)
        if line is not None:
            print(line, file=sys.stderr, flush=True)
        self.done += result.status is not Status.INCOMPATIBLE
        now = time.monotonic()
        if self.total and (now - self.said > _LINE_EVERY_S or self.done == self.total):
            self.said = now
            rate = self.done / max(now - self.started, 1e-9)
            left = (self.total - self.done) / rate if rate > 0 else 0.0
            self._say(f"{self.done}/{self.total} trials, {60 * rate:.1f} a minute, about {left:.0f} s left")

    def _say(self, line: str) -> None:
        if not self.quiet:
            print(line, file=sys.stderr, flush=True)
