"""Where the checkpoints of a run's trainings are, and when the next is due.

Their content is that of `classifiers.training.checkpoint`.

A trial whose worker was lost, or whose driver was killed, is run again and resumes from its latest checkpoint. The cost
is bounded: a training of less than half a minute never writes a checkpoint, and all others spend at most a hundredth of
their time on them. If a checkpoint cannot be read or written, the training starts anew; the trial does not fail.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from symbench.files import replace_file

EVERY_S = 30.0
COST = 0.01  # largest part of a training's time that is spent on its checkpoints
_OLD_S = 14 * 24 * 3600.0

_log = logging.getLogger(__name__)


class Cadence:
    """A checkpoint is due `every_s` seconds after the last, later if writing one is slow; 0: always."""

    def __init__(self, every_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.every_s = every_s
        self._clock = clock
        self._next = clock() + every_s

    def due(self) -> bool:
        return self._clock() >= self._next

    def keep(self, save: Callable[[], None]) -> None:
        """Call `save`; the interval to the next checkpoint starts at its end."""
        began = self._clock()
        save()
        ended = self._clock()
        if self.every_s > 0:
            self._next = ended + max(self.every_s, (ended - began) / COST)


class TrialCheckpoints:
    """The latest checkpoint of one training as one file, replaced atomically; one older than `since` is ignored."""

    def __init__(self, folder: Path, every_s: float = EVERY_S, since: float = 0.0) -> None:
        self.path = folder / "checkpoint.pt"
        self.every_s = every_s
        self.since = since

    def load(self) -> bytes | None:
        """The latest checkpoint; None if there is none that can be read."""
        try:
            return self.path.read_bytes() if self.path.stat().st_mtime >= self.since else None
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("the checkpoint %s cannot be read, and the training starts anew: %s", self.path, error)
            return None

    def save(self, checkpoint: bytes) -> None:
        """Replace the latest checkpoint."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self.path, lambda file: file.write(checkpoint))
        except OSError as error:
            _log.warning("the checkpoint %s cannot be written: %s", self.path, error)


@dataclass(frozen=True)
class CheckpointFolder:
    """The checkpoints of a run: one subfolder for each trial, named by its key.

    folder    of all of them
    every_s   least number of seconds between two checkpoints of a training
    since     start of a run with `--fresh`, in seconds since the epoch: earlier checkpoints are ignored on every node
    """

    folder: Path
    every_s: float = EVERY_S
    since: float = 0.0

    def of(self, key: str) -> TrialCheckpoints:
        """Those of the trial with this key."""
        return TrialCheckpoints(self.folder / key, self.every_s, self.since)

    def forget(self, key: str) -> None:
        """Remove the checkpoints of a trial that has ended."""
        if (self.folder / key).is_dir():
            shutil.rmtree(self.folder / key, ignore_errors=True)

    def open(self, unfinished: Callable[[], Collection[str]]) -> None:
        """Make the folder, and remove from it all checkpoints but those of unfinished trials (called if needed)."""
        with contextlib.suppress(OSError):  # without a folder there are no checkpoints
            self.folder.mkdir(parents=True, exist_ok=True)
            present = {path.name for path in self.folder.iterdir()}
            for name in present.difference(unfinished()) if present else ():
                self.forget(name)

    def close(self) -> None:
        """Remove the folder if it is empty."""
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def on_this_node(self, cache: Callable[[], Path]) -> CheckpointFolder:
        """This folder if it exists, as on the driver's machine and on shared disks; otherwise one in `cache()`.

        `cache()` is a folder of this node: a trial that returns to the same node resumes there. Checkpoints in it that
        are older than two weeks are removed.
        """
        if self.folder.is_dir():
            return self
        local = replace(self, folder=cache() / "checkpoints")
        with contextlib.suppress(OSError):
            for path in local.folder.iterdir() if local.folder.is_dir() else ():
                if path.stat().st_mtime < time.time() - _OLD_S:
                    local.forget(path.name)
        return local
