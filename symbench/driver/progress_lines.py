"""Progress as plain lines, for output that is not a terminal."""

from __future__ import annotations

import sys
import time

from symbench.trial.result import Status, TrialResult
from symbench.words import one_line

_LINE_EVERY_S = 10.0


def describe(result: TrialResult) -> str:
    """`task / method / size / seed`; for a search's training, its number instead of the seed."""
    spec = result.spec
    last = f"seed {spec.seed}" if spec.configuration is None else f"search {spec.configuration.index}"
    return one_line(f"{spec.task_label} / {spec.method_label} / {spec.train_size} / {last}")


def problem(result: TrialResult) -> str | None:
    """One line for a trial that did not end well."""
    if result.status is Status.OK:
        return None
    error = f": {result.error.type}: {(result.error.message.splitlines() or [''])[0]}" if result.error else ""
    error = one_line(error)
    return f"{result.status.value:12s} {describe(result)}{error}"


def announced(searches: int, configurations: int | None) -> str:
    """The text that announces the searches before the trials."""
    which = "a search runs" if searches == 1 else f"{searches} searches run"
    return f"{which} first" + (f", of {configurations} configurations" if configurations else ", limited by time")


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
        self._say(f"data of {one_line(task)}")

    def searching(self, searches: int, configurations: int | None) -> None:
        self._say(announced(searches, configurations))

    def planned(self, to_run: int, done: int) -> None:
        self.total, self.done = to_run, 0
        self.started = time.monotonic()
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
