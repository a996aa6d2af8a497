"""What a run shows while it runs: a bar on a terminal, plain lines otherwise."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from symbench.driver.observer import Observer
from symbench.driver.progress_lines import PlainProgress


@contextlib.contextmanager
def show_progress(*, quiet: bool = False) -> Iterator[Observer]:
    """An observer that suits where standard error goes; `quiet` shows failures only."""
    if sys.stderr.isatty() and not quiet:
        from symbench.driver.progress_bar import bar_progress

        with bar_progress() as bar:
            yield bar
    else:
        yield PlainProgress(quiet)
