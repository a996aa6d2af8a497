"""Where the checkpoints of a run's trainings lie, and when another is due; what is in them is `classifiers.checkpoint`.

A trial whose worker was lost, or whose driver was killed, is run again and goes on from its latest checkpoint. That is
worth a little time and no more: a training of less than half a minute never writes one, and all others give them at
most a hundredth of theirs. A checkpoint that cannot be read or written costs the time that it would have saved, and
never the trial.
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
COST = 0.01  # largest part of a training's time that goes into its checkpoints
_OLD_S = 14 * 24 * 3600.0

_log = logging.getLogger(__name__)


class Cadence:
    """A checkpoint is due `every_s` seconds after the last, later where writing one takes long; 0: always."""

    def __init__(self, every_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.every_s = every_s
        self._clock = clock
        self._next = clock() + every_s

    def due(self) -> bool:
        return self._clock() >= self._next

    def keep(self, save: Callable[[], None]) -> None:
        """Call `save`, and count from its end."""
        began = self._clock()
        save()
        ended = self._clock()
        if self.every_s > 0:
            self._next = ended + max(self.every_s, (ended - began) / COST)


class FolderCheckpoints:
    """The latest checkpoint of one training as one file, replaced whole; one from before `since` is not there."""

    def __init__(self, folder: Path, every_s: float = EVERY_S, since: float = 0.0) -> None:
        self.path = folder / "checkpoint.pt"
        self.every_s = every_s
        self.since = since

    def load(self) -> bytes | None:
        try:
            return self.path.read_bytes() if self.path.stat().st_mtime >= self.since else None
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("the checkpoint %s cannot be read, and the training starts anew: %s", self.path, error)
            return None

    def save(self, checkpoint: bytes) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self.path, lambda file: file.write(checkpoint))
        except OSError as error:
            _log.warning("no checkpoint is kept at %s: %s", self.path, error)


@dataclass(frozen=True)
class CheckpointPlace:
    """The checkpoints of a run: of each trial a folder that is named by its key.

    folder    of all of them
    every_s   seconds from one checkpoint of a training to the next, at least
    since     when the run began, for one that begins afresh wherever earlier checkpoints lie; seconds since the epoch
    """

    folder: Path
    every_s: float = EVERY_S
    since: float = 0.0

    def of(self, key: str) -> FolderCheckpoints:
        """Those of the trial with this key."""
        return FolderCheckpoints(self.folder / key, self.every_s, self.since)

    def forget(self, key: str) -> None:
        """Remove what a trial kept: it has ended."""
        if (self.folder / key).is_dir():
            shutil.rmtree(self.folder / key, ignore_errors=True)

    def open(self, unfinished: Callable[[], Collection[str]]) -> None:
        """Make the folder and remove from it what belongs to none of the trials that may go on; asked when needed."""
        with contextlib.suppress(OSError):  # without a folder there are no checkpoints here
            self.folder.mkdir(parents=True, exist_ok=True)
            found = {path.name for path in self.folder.iterdir()}
            for name in found.difference(unfinished()) if found else ():
                self.forget(name)

    def close(self) -> None:
        """Remove the folder where no trial left anything."""
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def seen_from_node(self, cache: Callable[[], Path]) -> CheckpointPlace:
        """This place where the folder is there, as on the driver's machine and on disks that nodes share.

        Elsewhere one in `cache()`, the folder of this node: a trial that comes to the same node again goes on there.
        What was left in that folder two weeks ago is removed.
        """
        if self.folder.is_dir():
            return self
        here = replace(self, folder=cache() / "checkpoints")
        with contextlib.suppress(OSError):
            for path in here.folder.iterdir() if here.folder.is_dir() else ():
                if path.stat().st_mtime < time.time() - _OLD_S:
                    here.forget(path.name)
        return here
