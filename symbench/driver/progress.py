"""The progress of a run: a bar on a terminal or in a notebook, plain lines otherwise."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from symbench.driver.observer import Observer
from symbench.driver.progress_lines import PlainProgress
from symbench.driver.progress_notebook import in_notebook, notebook_progress


@contextlib.contextmanager
def show_progress(*, quiet: bool = False) -> Iterator[Observer]:
    """An observer for the kind of output (notebook, terminal or file); `quiet` shows failures only."""
    if quiet:
        yield PlainProgress(quiet)
    elif in_notebook():
        with notebook_progress() as display:
            yield display
    elif sys.stderr.isatty():
        from symbench.driver.progress_bar import bar_progress

        with bar_progress() as bar:
            yield bar
    else:
        yield PlainProgress(quiet)
