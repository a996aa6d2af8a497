"""The progress of a run in a notebook: one output that is updated in place, without ipywidgets (rich needs them)."""

from __future__ import annotations

import contextlib
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from html import escape

from symbench.driver.progress_lines import announced, describe, problem
from symbench.trial.result import Status, TrialResult

MimeBundle = dict[str, str]

_UPDATE_EVERY_S = 0.2


def in_notebook() -> bool:
    """Whether this process is a Jupyter kernel; imports nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


@contextlib.contextmanager
def notebook_progress() -> Iterator[NotebookProgress]:
    """A bar in the output of the running cell; one line of text stays when it ends."""
    from IPython.display import DisplayHandle

    # MLflow imports tqdm's notebook bars, which warn if ipywidgets is missing; none of them is used here.
    warnings.filterwarnings("ignore", message="IProgress not found")
    handle = DisplayHandle()
    handle.display({"text/plain": "starting"}, raw=True)
    progress = NotebookProgress(lambda output: handle.update(output, raw=True))
    try:
        yield progress
    finally:
        progress.close()


class NotebookProgress:
    """One bar over the trials; failures are printed to standard error.

    update   replaces the output by a MIME bundle; called at most every `every` seconds, and at the end
    """

    def __init__(self, update: Callable[[MimeBundle], object], *, every: float = _UPDATE_EVERY_S) -> None:
        self._update, self._every = update, every
        self._total: int | None = None
        self._done = self._without_run = 0
        self._started = time.monotonic()
        self._updated = float("-inf")

    def executing_on(self, where: str) -> None:
        self._started = time.monotonic()
        self._show(where, at_once=True)

    def making_data(self, task: str) -> None:
        self._show(f"data of {task}", at_once=True)

    def searching(self, searches: int, configurations: int | None) -> None:
        self._total, self._done = configurations, 0
        self._show(announced(searches, configurations), at_once=True)

    def planned(self, to_run: int, done: int) -> None:
        self._total, self._done, self._without_run = to_run, 0, done
        self._started = time.monotonic()
        self._show("starting", at_once=True)

    def finished(self, result: TrialResult) -> None:
        line = problem(result)
        if line is not None:
            print(line, file=sys.stderr, flush=True)
        self._done += result.status is not Status.INCOMPATIBLE
        self._show(describe(result))

    def close(self) -> None:
        """Replace the bar by one line."""
        recorded = f", {self._without_run} recorded before" if self._without_run else ""
        self._update({"text/plain": f"{self._done} trials in {time.monotonic() - self._started:.0f} s{recorded}"})

    def _show(self, line: str, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if not at_once and now - self._updated < self._every:
            return
        self._updated = now
        left = ""
        if self._total and self._done:
            left = f", about {(self._total - self._done) * (now - self._started) / self._done:.0f} s left"
        text = f"{self._done}/{self._total or '?'} trials{left}: {line}"
        limits = f'value="{self._done}" max="{self._total}"' if self._total else ""
        self._update({"text/plain": text, "text/html": f"<progress {limits}></progress> {escape(text)}"})
