"""A file of columns beside the journal, so that reading does not parse a million lines again.

The journal alone counts: the index can be deleted at any time, and results read through it equal those of the journal.
The file is a sequence of *blocks*; each holds the results of a range of bytes of the journal, in order:

    64 bytes   BLAKE2b digest of the rest of the block
    8 bytes    length of the content, little-endian
    content    an Arrow stream (`columns`)

The metadata of the stream states the range, its lines, the digest of the bytes from which the results were parsed, and
the version of what parsed them. A block is thus a statement about bytes that stays true whatever happens to the
journal. It is used only if it is undamaged, begins where the last one ended, and the journal has these bytes there; it
is ignored together with all after it otherwise. The lines after the last block are read from the journal and, if they
are many, added as further blocks. If the file cannot be written, reading is slower and nothing else changes.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING

from symbench.errors import SymbenchError
from symbench.files import replace_file
from symbench.journal.columns import Columns, as_table
from symbench.journal.records import FORMAT, JournaledResult
from symbench.trial.expand import TrialTemplate

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_RESULTS = 50_000
WORTH_A_BLOCK = 2_000
"""Fewer results than these are read from the journal as fast as from a block."""
_DIGEST, _LENGTH = 64, 8
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Covered:
    """How much of the journal some blocks cover: bytes and lines; `index_bytes` of the index hold them."""

    bytes: int = 0
    lines: int = 0
    index_bytes: int = 0


class JournalIndex:
    """The index of one journal, for one reading of it: first `results`, then `extend` for the rest.

    covered     how much of the journal the blocks cover that were read or added so far
    """

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self.path = journal.with_suffix(".index")
        self.covered = Covered()
        self._extensible = True
        self._templates: dict[str, TrialTemplate] = {}

    def results(self, journal: IO[bytes]) -> Iterator[JournaledResult]:
        """The results of all usable blocks of the opened journal; `covered` then says where the rest of it begins."""
        if not self.path.exists():
            return
        import pyarrow as pa

        try:
            with self.path.open("rb") as file:
                while (found := self._next_block(file, journal)) is not None:
                    columns, covered = found
                    yield from columns.results()
                    self.covered = covered
        except (OSError, ValueError, KeyError, TypeError, IndexError, SymbenchError, pa.ArrowException):
            return  # the first block that cannot be used, or no index

    def extend(self, results: Sequence[JournaledResult], end: int, digest: str) -> Iterator[JournaledResult]:
        """Add a block of the next results, which end at byte `end` of the journal, and give them as they are in it.

        digest      of the bytes from which the results were parsed, and not of those that the file holds by now
        """
        import pyarrow as pa

        try:
            table = as_table(results)
            columns = Columns(self.journal, table, self._templates)
            if self._extensible:
                self._add(table, end, digest)
        except (OSError, OverflowError, pa.ArrowException):
            self._extensible = False  # blocks have no gaps between them
            yield from results
        else:
            yield from columns.results()

    def _add(self, table: pa.Table, end: int, digest: str) -> None:
        covered = self.covered
        lines = covered.lines + len(table)
        stated = {"start": covered.bytes, "end": end, "lines": lines, "digest": digest, "version": _version()}
        block = _block(table, stated)
        self._extensible = self._append(block)
        if self._extensible:
            self.covered = Covered(end, lines, covered.index_bytes + len(block))

    def _next_block(self, file: IO[bytes], journal: IO[bytes]) -> tuple[Columns, Covered] | None:
        """The block at the position of `file`, and what is covered with it; None if there is none that can be used."""
        import pyarrow as pa

        digest, length = file.read(_DIGEST), file.read(_LENGTH)
        at = self.covered.index_bytes + _DIGEST + _LENGTH
        end = at + int.from_bytes(length, "little")
        if end > os.fstat(file.fileno()).st_size:  # before so much memory is allocated
            return None
        content = file.read(end - at)
        if not digest or _digest(length, content) != digest:
            return None
        table = pa.ipc.open_stream(pa.py_buffer(content)).read_all()
        stated = {name.decode(): text.decode() for name, text in table.schema.metadata.items()}
        start, stop, lines = (int(stated[name]) for name in ("start", "end", "lines"))
        if stated["version"] != _version() or start != self.covered.bytes:
            return None
        if _digest_of_range(journal, start, stop) != stated["digest"]:
            return None
        return Columns(self.journal, table, self._templates), Covered(stop, lines, end)

    def _append(self, block: bytes) -> bool:
        """Write a block after those that are usable; False if another process does so now, or the disk is full.

        Blocks that are not usable remain in the old file, which other processes may be reading.
        """
        usable = self.covered.index_bytes
        try:
            with self.path.open("ab+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if file.seek(0, os.SEEK_END) == usable:
                    file.write(block)
                else:
                    replace_file(self.path, lambda new: new.writelines(chain(_parts(file, 0, usable), [block])))
        except OSError:
            return False
        return True


def _block(table: pa.Table, stated: dict[str, object]) -> bytes:
    import pyarrow as pa

    metadata = {**table.schema.metadata, **{name: str(value) for name, value in stated.items()}}
    table = table.replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    content = sink.getvalue().to_pybytes()
    length = len(content).to_bytes(_LENGTH, "little")
    return b"".join((_digest(length, content), length, content))


def _digest(length: bytes, content: bytes) -> bytes:
    digest = hashlib.blake2b(length)
    digest.update(content)
    return digest.digest()


def _digest_of_range(journal: IO[bytes], start: int, end: int) -> str:
    """The digest of a range of bytes of an open journal, as `extend` takes it."""
    digest = hashlib.blake2b()
    for part in _parts(journal, start, end):
        digest.update(part)
    return digest.hexdigest()


def _parts(file: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    """The bytes of a range, or fewer if the file is shorter."""
    file.seek(start)
    left = end - start
    while left > 0 and (part := file.read(min(left, _READ_BYTES))):
        yield part
        left -= len(part)


@functools.cache
def _version() -> str:
    """What a block depends on besides the bytes of the journal: the code and the models that parse them."""
    from symbench import __version__
    from symbench.trial.result import TrialResult

    models = json.dumps(TrialResult.model_json_schema(), sort_keys=True)
    return f"2 {FORMAT} {__version__} {hashlib.blake2b(models.encode(), digest_size=8).hexdigest()}"
