"""The progress bar for a terminal. It is separate from `progress`, so that plain runs do not import rich."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from symbench.driver.progress_lines import announced, describe, problem
from symbench.trial.result import Status, TrialResult


@contextlib.contextmanager
def bar_progress() -> Iterator[BarProgress]:
    """A bar with rate and remaining time on standard error."""
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        speed_estimate_period=120,
    )
    with progress:
        yield BarProgress(progress)


class BarProgress:
    """One bar over the trials; failures are printed above it."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.task: TaskID = progress.add_task("starting", total=None, rate="")

    def executing_on(self, where: str) -> None:
        self.progress.console.print(where, highlight=False)
        self.progress.reset(self.task, total=self.progress.tasks[0].total)

    def making_data(self, task: str) -> None:
        self.progress.update(self.task, description=f"data of {task}")

    def searching(self, searches: int, configurations: int | None) -> None:
        self.progress.console.print(announced(searches, configurations), highlight=False)
        self.progress.update(self.task, total=configurations, description="searching")

    def planned(self, to_run: int, done: int) -> None:
        self.progress.console.print(f"{to_run} trials to run, {done} need none", highlight=False)
        self.progress.reset(self.task, total=to_run, description="starting")

    def finished(self, result: TrialResult) -> None:
        line = problem(result)
        if line is not None:
            self.progress.console.print(line, highlight=False, markup=False)
        if result.status is Status.INCOMPATIBLE:
            return
        task = self.progress.tasks[0]
        rate = f"{60 * task.speed:.1f}/min" if task.speed else ""
        self.progress.update(self.task, advance=1, description=describe(result)[:50].ljust(50), rate=rate)
