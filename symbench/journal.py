"""The journal: one line a result, on disk before anything else hears of it. It is what makes a run resumable.

A line is JSON. Only the last line can be torn, by a crash in the middle of a write; opening the journal cuts it off,
and the trial runs again. One process writes at a time, which an advisory lock on a file beside it sees to: the
operating system drops the lock with the process, however that ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from pydantic import ValidationError

from symbench.errors import JournalError
from symbench.trial import TrialResult

FORMAT = 1


class Journal:
    """Append-only record of results in one file; a context manager while it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Journal:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self._take_lock()
        self._file = self.path.open("ab")
        self._cut_torn_line()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def append(self, result: TrialResult) -> None:
        """Add a result and force it to the disk; raises JournalError when the disk does not take it."""
        if self._file is None:
            raise JournalError(f"{self.path} is not open for writing")
        line = json.dumps({"journal": FORMAT, **result.model_dump(mode="json")}, separators=(",", ":"))
        before = self._file.tell()
        try:
            self._file.write(line.encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._undo_to(before)
            raise JournalError(f"cannot write {self.path}: {error.strerror or error}") from error

    def results(self) -> Iterator[TrialResult]:
        """Every result in the order of writing; a torn last line is passed over.

        Raises JournalError for a damaged line elsewhere, and for a format of a later symbench.
        """
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    return
                yield self._parse(line, number)

    def latest(self) -> dict[str, TrialResult]:
        """For every key its newest result."""
        return {result.key: result for result in self.results()}

    def _parse(self, line: bytes, number: int) -> TrialResult:
        try:
            content: dict[str, Any] = json.loads(line)
            version = content.pop("journal")
            if version != FORMAT:
                raise JournalError(f"{self.path} line {number} has format {version}, this symbench reads {FORMAT}")
            return TrialResult.model_validate(content)
        except (ValueError, KeyError, AttributeError, TypeError, ValidationError) as error:
            raise JournalError(
                f"{self.path} line {number} is damaged ({type(error).__name__}): move the file away, or cut the line"
            ) from error

    def _take_lock(self) -> IO[str]:
        lock = self.path.with_suffix(".lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            lock.close()
            raise JournalError(f"{self.path} is being written by {holder}; wait for it, or stop it") from error
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        lock.flush()
        return lock

    def _cut_torn_line(self) -> None:
        """Drop what a crash left after the last full line."""
        with self.path.open("rb+") as file:
            end = file.seek(0, os.SEEK_END)
            position = end
            while position > 0:
                start = max(0, position - 65536)
                file.seek(start)
                newline = file.read(position - start).rfind(b"\n")
                if newline >= 0:
                    position = start + newline + 1
                    break
                position = start
            if position < end:
                file.truncate(position)

    def _undo_to(self, position: int) -> None:
        """After a failed write leave the file as it was, so that the next line starts on a line of its own."""
        try:
            if self._file is not None:
                os.ftruncate(self._file.fileno(), position)
        except OSError:
            return
