"""A copy of the journal in a store that other machines can read: any URL that fsspec opens.

Object stores cannot append. Therefore a running driver writes the local file, and a thread updates the copy every
EVERY_S seconds and at the end. It sends *segments*: objects of complete lines, up to PART_BYTES each. A segment that is
not full is sent again with later lines; a full one is never changed. The names of segments,

    <generation>-<holder>-<part>.jsonl

are unique to one driver, so that no driver overwrites the results of another, independent of the lease. The journal is
the union of all segments, in the order of their names.

A driver that starts takes the lease (`lease`), appends to its local file the lines that only the copy has, and sends
the lines that only the local file has. In this way a run continues on another machine, and results that a killed driver
did not send reach the copy. A trial that ended well on both sides keeps both records.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from symbench.errors import JournalError
from symbench.journal.file import Journal
from symbench.journal.lease import EXPIRES_S, Lease
from symbench.journal.records import Lines
from symbench.journal.store import open_store, reason
from symbench.redaction import redact_address

EVERY_S = 15.0
PART_BYTES = 8 * 1024 * 1024
_LAST_SEND_S = 60.0


class JournalCopy:
    """Keeps the folder at `url` up to date with an open journal; a context manager inside that of the journal.

    failure     the reason why the copy is not up to date; None if it is
    """

    def __init__(self, journal: Journal, url: str, *, every_s: float | None = None) -> None:
        self.journal, self.url = journal, url
        self.every_s = _interval() if every_s is None else every_s
        self.failure: str | None = None
        self._name = redact_address(url)
        self._store, self._folder = open_store(url)
        self._lease = Lease(self._store, self._folder, self._name)
        self._generation = 0
        self._part = 0
        self._unsent: list[tuple[int, int]] = []  # byte ranges of the local file that are in no full segment
        self._sent_size = 0  # bytes already sent of the segment that is not full
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="symbench-journal-copy", daemon=True)

    def __enter__(self) -> JournalCopy:
        """Take the lease and merge the local file with the copy; raises JournalError."""
        try:
            self._store.makedirs(self._folder, exist_ok=True)
            self._lease.take()
            self._meet()
        except JournalError:
            raise
        except Exception as error:
            raise JournalError(
                f"the journal at {self._name} cannot be read ({reason(error, self.url)}). Without it this run would "
                "repeat its trials; omit --journal to continue from the local journal only"
            ) from None
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join(_LAST_SEND_S)
        if self._thread.is_alive():
            self.failure = f"the store did not answer within {_LAST_SEND_S:.0f} s"

    def _meet(self) -> None:
        """Append the lines that only the copy has to the local file; collect those that only the local file has."""
        lines = Lines(self.journal.path)
        here = {_digest(line) for _, line in self.journal.raw_lines()}
        there: set[bytes] = set()
        ended_here = {key for key, result in self.journal.latest().items() if result.final}
        ended_there: set[str] = set()
        for name, line in segment_lines(self._store, self._folder):
            there.add(_digest(line))
            result = lines.light(line, f"in {self._name}/{name}", 0)
            if result.final:
                ended_there.add(result.key)
            if _digest(line) not in here and result.key not in ended_here:
                self.journal.write_line(line)
        self.journal.sync()
        end = 0
        for offset, line in self.journal.raw_lines():
            end = offset + len(line)
            if _digest(line) not in there and lines.light(line, f"at byte {offset}", offset).key not in ended_there:
                if self._unsent and self._unsent[-1][1] == offset:
                    self._unsent[-1] = (self._unsent[-1][0], end)
                else:
                    self._unsent.append((offset, end))
        self._unsent.append((end, sys.maxsize))
        known = (int(name.split("-")[0]) for name in _segments(self._store, self._folder))
        self._generation = 1 + max(known, default=0)

    def _follow(self) -> None:
        last = False
        while not last:
            last = self._done.wait(self.every_s)
            try:
                self._send()
                rival = self._lease.lost_to()
                if rival is not None:
                    self.failure = f"{rival} took the journal over while this run went on"
                else:
                    self.failure = None
                    if last:
                        self._lease.release()
                    else:
                        self._lease.renew()
            except Exception as error:
                self.failure = reason(error, self.url)

    def _send(self) -> None:
        """Update the copy from the local file."""
        full = True
        while full:
            segment, rest = self._next_segment()
            if len(segment) == self._sent_size:
                return
            name = f"{self._generation:06d}-{self._lease.holder}-{self._part:06d}.jsonl"
            self._store.pipe_file(f"{self._folder}/{name}", segment)
            self._sent_size = len(segment)
            full = len(segment) >= PART_BYTES
            if full:
                self._unsent, self._sent_size, self._part = rest, 0, self._part + 1

    def _next_segment(self) -> tuple[bytes, list[tuple[int, int]]]:
        """Complete unsent lines that are on disk, at most about PART_BYTES, and the unsent ranges after them.

        Lines that are not yet on disk may still be withdrawn, if the disk does not take them.
        """
        segment, on_disk = b"", self.journal.on_disk
        with self.journal.path.open("rb") as file:
            for index, (start, end) in enumerate(self._unsent):
                room = PART_BYTES - len(segment)
                if room <= 0:
                    return segment, self._unsent[index:]
                file.seek(start)
                found = file.read(max(0, min(room, min(end, on_disk) - start)))
                if len(found) == room and not found.endswith(b"\n"):
                    found += file.readline()
                found = found[: found.rfind(b"\n") + 1]
                segment += found
                if len(segment) >= PART_BYTES:
                    return segment, [(start + len(found), end), *self._unsent[index + 1 :]]
        return segment, self._unsent


def _interval() -> float:
    asked = os.environ.get("SYMBENCH_JOURNAL_EVERY_S")
    try:
        seconds = EVERY_S if asked is None else float(asked)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds < EXPIRES_S / 3:
        raise JournalError(
            f"SYMBENCH_JOURNAL_EVERY_S must be a number of seconds below {EXPIRES_S / 3:.0f}, got {asked!r}"
        )
    return seconds


def rewrite_copy(url: str, keep: Callable[[bytes, str], bool]) -> None:
    """Remove lines from the copy at `url`, while holding its lease; segments that keep all lines are not touched.

    keep    from a line and its place in words to whether it stays
    Each segment is replaced by one write. If the process is killed between two, the same call does the rest. Raises
    JournalError if another driver holds the lease, and for a damaged line before anything is changed.
    """
    store, folder = open_store(url)
    name = redact_address(url)
    try:
        if not store.exists(folder):
            return
        lease = Lease(store, folder, name)
        lease.take()
        try:
            kept: dict[str, list[bytes]] = {segment: [] for segment in _segments(store, folder)}
            changed = set()
            for segment, line in segment_lines(store, folder):
                if keep(line, f"in {name}/{segment}"):
                    kept[segment].append(line)
                else:
                    changed.add(segment)
            for segment in sorted(changed):
                lease.renew()
                if kept[segment]:
                    store.pipe_file(f"{folder}/{segment}", b"".join(kept[segment]))
                else:
                    store.rm_file(f"{folder}/{segment}")
        finally:
            lease.release()
    except JournalError:
        raise
    except Exception as error:
        raise JournalError(
            f"the journal at {name} cannot be changed ({reason(error, url)}); the same command does the rest"
        ) from None


def segment_lines(store: Any, folder: str) -> Iterator[tuple[str, bytes]]:
    """(segment, line) of a copy; incomplete lines, possible in stores that are no object stores, are ignored."""
    for name in _segments(store, folder):
        for line in store.cat_file(f"{folder}/{name}").splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield name, line


def _segments(store: Any, folder: str) -> list[str]:
    store.invalidate_cache()
    found: list[str] = []
    with contextlib.suppress(FileNotFoundError):
        found = [str(path).rsplit("/", 1)[-1] for path in store.ls(folder, detail=False)]
    return sorted(name for name in found if name.endswith(".jsonl") and name.split("-")[0].isdigit())


def _digest(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=16).digest()
