"""A file of columns beside the journal, so that reading does not parse a million lines again.

The journal alone counts: the index can be deleted at any time, and results read through it equal those of the journal.
The file is a sequence of *blocks*; each holds the results of a range of bytes of the journal, in order:

    64 bytes   BLAKE2b digest of the rest of the block
    64 bytes   length of what follows (8 bytes, little-endian), and zeros
    content    an Arrow stream (`columns`), padded to a multiple of 64 bytes

The metadata of the stream states the range, its lines, and the digest of its bytes. A block is used only if both
digests are right and it begins where the last one ended; it is ignored together with all after it otherwise: damage to
either file is noticed, whatever byte it is in. The lines after the last block are read from the journal and, if they
are many, added as further blocks. If the file cannot be written, reading is slower and nothing else changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbench.errors import SymbenchError
from symbench.files import replace_file
from symbench.journal.columns import Columns, as_table
from symbench.journal.records import FORMAT, JournaledResult

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_RESULTS = 50_000
WORTH_A_BLOCK = 2_000
"""Fewer results than these are read from the journal as fast as from a block."""
_UNIT = 64
_READ_BYTES = 1 << 20
_RANGE = ("start", "end", "lines")


@dataclass(frozen=True)
class Covered:
    """How much of the journal some blocks cover: bytes and lines; `index_bytes` of the index hold them."""

    bytes: int = 0
    lines: int = 0
    index_bytes: int = 0


class JournalIndex:
    """The index of one journal."""

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self.path = journal.with_suffix(".index")
        self.covered = Covered()
        self._extensible = True

    def results(self) -> Iterator[JournaledResult]:
        """The results of all usable blocks; `covered` then says where the rest of the journal begins."""
        self.covered = Covered()
        if not self.path.exists():
            return
        import pyarrow as pa

        try:
            with self.path.open("rb") as file, self.journal.open("rb") as journal:
                content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                for columns, covered in self._blocks(memoryview(content), journal):
                    yield from columns.results()
                    self.covered = covered
        except (OSError, ValueError, KeyError, TypeError, IndexError, SymbenchError, pa.ArrowException):
            return  # the first block that cannot be used, or no index

    def extend(self, results: Sequence[JournaledResult], end: int) -> Iterator[JournaledResult]:
        """Add a block of the next results, up to byte `end` of the journal, and give them as they are in it."""
        import pyarrow as pa

        try:
            table = as_table(results)
            columns = Columns(self.journal, table)
            if self._extensible:
                self._extensible = self._add(table, end)
        except (OSError, OverflowError, pa.ArrowException):
            self._extensible = False  # blocks have no gaps between them
            yield from results
        else:
            yield from columns.results()

    def _add(self, table: pa.Table, end: int) -> bool:
        """Whether a block for these results was written."""
        covered = self.covered
        with self.journal.open("rb") as journal:
            digest = _digest_of(journal, covered.bytes, end)
        lines = covered.lines + len(table)
        stated = {"start": covered.bytes, "end": end, "lines": lines, "digest": digest, "version": _version()}
        block = _block(table, stated)
        if not self._append(block):
            return False
        self.covered = Covered(end, lines, covered.index_bytes + len(block))
        return True

    def _blocks(self, content: memoryview, journal: Any) -> Iterator[tuple[Columns, Covered]]:
        import pyarrow as pa

        at = 0
        while at < len(content):
            length = int.from_bytes(content[at + _UNIT : at + _UNIT + 8], "little")
            end = at + 2 * _UNIT + length
            rest = content[at + _UNIT : end]
            if end > len(content) or hashlib.blake2b(rest).digest() != content[at : at + _UNIT]:
                return
            table = pa.ipc.open_stream(pa.py_buffer(rest[_UNIT:])).read_all()
            metadata = {name.decode(): text.decode() for name, text in table.schema.metadata.items()}
            start, stop, lines = (int(metadata[name]) for name in _RANGE)
            if metadata["version"] != _version() or start != self.covered.bytes:
                return
            if _digest_of(journal, start, stop) != metadata["digest"]:
                return
            at = end
            yield Columns(self.journal, table), Covered(stop, lines, at)

    def _append(self, block: bytes) -> bool:
        """Write a block after those that are usable, unless another process does or the disk does not take it.

        What is not usable is left behind in the old file: other processes may have mapped it.
        """
        try:
            with self.path.open("ab+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if file.seek(0, os.SEEK_END) == self.covered.index_bytes:
                    file.write(block)
                    return True
                file.seek(0)
                usable = file.read(self.covered.index_bytes)
                replace_file(self.path, lambda new: new.write(usable + block))
        except OSError:
            return False
        return True


def _block(table: pa.Table, metadata: dict[str, Any]) -> bytes:
    import pyarrow as pa

    stated = {name: str(value) for name, value in metadata.items()}
    table = table.replace_schema_metadata({**table.schema.metadata, **stated})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    content = sink.getvalue().to_pybytes()
    content += bytes(-len(content) % _UNIT)
    rest = len(content).to_bytes(8, "little") + bytes(_UNIT - 8) + content
    return bytes(hashlib.blake2b(rest).digest() + rest)


def _digest_of(journal: Any, start: int, end: int) -> str:
    """The digest of a range of bytes of an open journal."""
    digest = hashlib.blake2b()
    journal.seek(start)
    left = end - start
    while left > 0 and (part := journal.read(min(left, _READ_BYTES))):
        digest.update(part)
        left -= len(part)
    return digest.hexdigest() if left == 0 else ""


def _version() -> str:
    """What a block depends on besides the journal: another version of symbench may validate lines differently."""
    from symbench import __version__

    return f"1 {FORMAT} {__version__}"
