"""The local journal: one line of JSON for each result, on disk before the result is used anywhere else.

Results that arrive together are written one by one and flushed to disk together, since a disk takes as long for one as
for a hundred. A written line survives the end of the process; a flushed line survives a power cut.

Only the last line can be incomplete, after a crash during a write; opening the journal removes it, and the trial runs
again. Of several results of one trial the last line counts, independent of clocks. Only one process can write at a
time: it holds an advisory lock on a file beside the journal, which the operating system releases when the process
ends.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gc
import hashlib
import io
import os
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

from symbench.errors import JournalError
from symbench.files import replace_file
from symbench.journal.index import BLOCK_RESULTS, WORTH_A_BLOCK, JournalIndex
from symbench.journal.records import JournaledResult, Lines
from symbench.trial.result import TrialResult


class Journal:
    """Append-only record of results in one file; a context manager while it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines = Lines(path)
        self._file: IO[bytes] | None = None
        self._lock: IO[str] | None = None
        self._end = self._on_disk = 0  # bytes of the file that were written, and that were flushed to disk

    def __enter__(self) -> Journal:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = self._take_lock()
            # Unbuffered: after a failed write there is no rest that a later flush could append.
            self._file = self.path.open("ab", buffering=0)
            self._cut_torn_line()
            os.fsync(self._file.fileno())  # an earlier process may have ended between writing and flushing
            _sync_folder(self.path.parent)
            self._end = self._on_disk = self._file.seek(0, os.SEEK_END)
        except OSError as error:
            self.__exit__(None, None, None)
            raise JournalError(f"cannot write {self.path}: {error.strerror or error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flush what was written since the last `sync`, and release the lock; raises JournalError as `sync` does."""
        try:
            if self._file is not None:
                self.sync()
        finally:
            self._close_file()
            if self._lock is not None:
                self._lock.close()
                self._lock = None

    def append(self, result: TrialResult) -> JournaledResult:
        """Append a result and flush it to disk; return it without its arrays, as it is held in memory.

        Raises JournalError if the write fails; the file then ends with what is on disk.
        """
        held = self.write(result)
        self.sync()
        return held

    def write(self, result: TrialResult) -> JournaledResult:
        """Append a result, which is on disk only after the next `sync`; return it as it is held in memory.

        Raises JournalError if the write fails; the file is then unchanged.
        """
        line, held = self._lines.encode(result, self._end)
        self.write_line(line)
        return held

    def write_line(self, line: bytes) -> None:
        """Append a line of another journal, including its newline; otherwise as `write`."""
        file, rest = self._opened(), memoryview(line)
        try:
            while rest:
                rest = rest[file.write(rest) :]
            self._end += len(line)
        except OSError as error:
            self._undo_to(self._end)
            raise self._unwritable(error) from error
        except BaseException:  # an interrupt between two parts of a line
            self._undo_to(self._end)
            raise

    def replace_lines(self, lines: Iterable[bytes]) -> None:
        """Replace the whole content by these lines with their newlines, which may be read from the file meanwhile.

        Other processes find the old content or the new one, also after a crash. Raises JournalError if the write fails;
        the file is then unchanged.
        """
        self.sync()
        path = self.path.resolve()  # a link stays one
        try:
            replace_file(path, lambda file: file.writelines(lines))
            _sync_folder(path.parent)
            self._close_file()
            self._file = path.open("ab", buffering=0)
            self._end = self._on_disk = self._file.seek(0, os.SEEK_END)
        except OSError as error:
            raise self._unwritable(error) from error

    def sync(self) -> None:
        """Flush everything that was written to disk.

        Raises JournalError if that fails; the file then ends with what was on disk before.
        """
        file = self._opened()
        if self._end == self._on_disk:
            return
        try:
            os.fsync(file.fileno())
        except OSError as error:
            self._undo_to(self._on_disk)
            raise self._unwritable(error) from error
        self._on_disk = self._end

    @property
    def on_disk(self) -> int:
        """So many bytes of the file are on disk; nothing that was written later may leave this process."""
        return self._on_disk

    def _unwritable(self, error: OSError) -> JournalError:
        return JournalError(
            f"cannot write {self.path}: {error.strerror or error}; the recorded results are intact, and the same "
            "command continues"
        )

    def raw_lines(self) -> Iterator[tuple[int, bytes]]:
        """(offset, line) of every complete line."""
        return ((offset, line) for line, _, offset in self._read())

    def line_at(self, offset: int) -> bytes:
        """The line that begins at this byte, with its newline; raises JournalError."""
        with self._reading() as file:
            file.seek(offset)
            return file.readline()

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            raise JournalError(f"{self.path} is not open for writing")
        return self._file

    def results(self) -> Iterator[TrialResult]:
        """Every result in the order of writing; an incomplete last line is ignored.

        Raises JournalError for a damaged line elsewhere, and for a format of a later symbench.
        """
        for line, where, _ in self._read():
            yield self._lines.whole(line, where)

    def latest(self) -> dict[str, JournaledResult]:
        """For every key its last result, without arrays; raises JournalError as `results` does.

        The results of a long journal are read through its index.
        """
        with _no_collection(), self._reading() as file:
            return {result.key: result for result in self._light_results(file)}

    def _light_results(self, file: IO[bytes]) -> Iterator[JournaledResult]:
        index = JournalIndex(self.path)
        yield from index.results(file)
        end, held, digest = index.covered.bytes, list[JournaledResult](), hashlib.blake2b()
        for line, where, offset in _complete_lines(file, end, index.covered.lines):
            held.append(self._lines.light(line, where, offset))
            digest.update(line)
            end = offset + len(line)
            if len(held) == BLOCK_RESULTS:
                yield from index.extend(held, end, digest.hexdigest())
                held, digest = [], hashlib.blake2b()
        yield from index.extend(held, end, digest.hexdigest()) if len(held) >= WORTH_A_BLOCK else held

    def _read(self) -> Iterator[tuple[bytes, str, int]]:
        """Every complete line, with its line number as text and its offset."""
        with self._reading() as file:
            yield from _complete_lines(file)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[IO[bytes]]:
        """The file, opened once for everything that is read: another process may replace it meanwhile."""
        if not self.path.exists():
            yield io.BytesIO()
            return
        try:
            with self.path.open("rb") as file:
                yield file
        except OSError as error:
            raise JournalError(f"cannot read {self.path}: {error.strerror or error}") from error

    def _take_lock(self) -> IO[str]:
        lock = self.path.with_suffix(".lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            lock.close()
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                message = f"{self.path} cannot be locked ({error.strerror}): keep it on a disk that has file locks"
                raise JournalError(message) from error
            raise JournalError(f"{self.path} is being written by {holder}; wait for it, or stop it") from error
        try:
            lock.truncate(0)
            lock.write(f"process {os.getpid()} on {socket.gethostname()}\n")
            lock.flush()
        except OSError:
            lock.detach().close()
            raise
        return lock

    def _cut_torn_line(self) -> None:
        """Remove what a crash left after the last complete line."""
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
        """Restore the file after a failed write, so that the next result starts on a new line.

        If that fails too, nothing more is written; what is beyond is removed or read when the journal is next opened.
        """
        try:
            os.ftruncate(self._opened().fileno(), position)
            self._end = position
        except OSError:
            self._close_file()

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _complete_lines(file: IO[bytes], offset: int = 0, lines: int = 0) -> Iterator[tuple[bytes, str, int]]:
    """Every complete line after so many bytes and lines, with its line number as text and its offset."""
    file.seek(offset)
    for number, line in enumerate(file, start=lines + 1):
        if not line.endswith(b"\n"):
            return
        yield line, f"line {number}", offset
        offset += len(line)


def _sync_folder(folder: Path) -> None:
    """Force the entry of a new file to the disk, if the file system can do so."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Disable the cyclic garbage collector, which would repeatedly traverse everything that was read."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
