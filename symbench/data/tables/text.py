"""Tables of text: compression, comments, separator and decimal mark, inferred from the first lines of a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from symbench.data.tables.limits import MAXIMUM_WIDTH
from symbench.errors import DataError

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blank"}
COMMENT = "#"

_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
_BEGINNING = 2**20  # also the block in which Arrow looks for the end of a line
_HEADER_CHARACTERS = 2**18
_ROWS = 200  # of which the decimal mark is noted


@dataclass(frozen=True)
class Dialect:
    """How the text of one file is to be read.

    names      the names of all columns; numbers from 0 if no line states them
    skip       lines before the first row
    separator  between the values of a row; a blank stands for any number of blanks and tabs
    comments   whether lines that begin with # are left out
    nameless   no line states names
    codec      gzip, bz2 or zstd; None for plain text
    decimal    whether a number of the first rows has a decimal comma
    """

    names: tuple[str, ...]
    skip: int
    separator: str
    comments: bool
    nameless: bool
    codec: str | None
    decimal: bool = False

    def description(self) -> tuple[str, ...]:
        """What was inferred, for the provenance; empty for plain text with commas."""
        told = []
        if self.codec:
            told.append(f"unpacked with {self.codec}")
        if self.separator != ",":
            told.append(f"values separated by {SEPARATORS[self.separator]}")
        if self.decimal:
            told.append("decimal commas")
        if self.comments:
            told.append("lines that begin with # left out")
        if self.nameless:
            told.append("no line of names: columns are numbered from 0")
        return tuple(told)


def dialect(path: str) -> Dialect:
    """The dialect of a file. Raises DataError, OSError, UnicodeDecodeError or csv.Error."""
    with open_stream(path) as (stream, codec):
        beginning = bytes(stream.read(_BEGINNING))
    text = beginning.decode("utf-8-sig", errors="strict" if len(beginning) < _BEGINNING else "ignore")
    lines = text.splitlines()
    content = [(at, line) for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(COMMENT)]
    if not content:
        return Dialect((), len(lines), ",", True, False, codec)
    at, first = content[0]
    if len(first) > _HEADER_CHARACTERS:
        raise DataError(f"{path}: the first line has more than {_HEADER_CHARACTERS:,} characters: no line of names")
    separator = _separator(first, content[1][1] if len(content) > 1 else "")
    names = fields(first, separator)
    comments = len(content) < sum(1 for line in lines if line.strip())
    skip, nameless = at + 1, False
    if _numbers(names) and names != [str(i) for i in range(len(names))]:
        skip, stated = at, [line.lstrip()[1:] for line in lines[:at] if line.lstrip().startswith(COMMENT)]
        above = fields(stated[-1], separator) if stated else []
        nameless = len(above) != len(names)
        names = [str(i) for i in range(len(names))] if nameless else above
    if len(names) > MAXIMUM_WIDTH:
        raise DataError(f"{path}: {len(names):,} columns, more than the {MAXIMUM_WIDTH:,} that are read")
    values = [value for _, line in content[1:_ROWS] for value in fields(line, separator)] if separator != "," else []
    decimal = any("," in value and _numbers([value]) for value in values)
    return Dialect(tuple(names), skip, separator, comments, nameless, codec, decimal)


def fields(line: str, separator: str) -> list[str]:
    """The values of one line, without blanks around them."""
    if separator == " ":
        return line.split()
    return [value.strip() for value in next(csv.reader([line], delimiter=separator), [])]


@contextmanager
def open_stream(path: str) -> Iterator[tuple[Any, str | None]]:
    """The bytes of a file, unpacked, as an Arrow stream; and the codec, by the file's first bytes."""
    import pyarrow as pa

    with open(path, "rb") as file:
        start = file.read(4)
    codec = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
    with pa.OSFile(path) as source:
        if codec is None:
            yield source, None
        else:
            with pa.CompressedInputStream(source, codec) as unpacked:
                yield unpacked, codec


def rows_of(stream: Any, found: Dialect) -> Any:
    """The stream for Arrow's parser, and the lines that the parser is to skip."""
    if not found.comments and found.separator != " ":
        return stream, found.skip
    return io.BufferedReader(_Lines(stream, found), _BEGINNING), 0


class _Lines(io.RawIOBase):
    """Lines without comments, and with one blank between values if blanks separate them."""

    def __init__(self, stream: Any, found: Dialect) -> None:
        self._stream, self._found = stream, found
        self._rest, self._ready, self._skip = b"", b"", found.skip
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._ended:
            piece = bytes(self._stream.read(2**18))
            self._ended = not piece
            *whole, self._rest = (self._rest + piece).split(b"\n")
            if self._ended and self._rest:
                whole, self._rest = [*whole, self._rest], b""
            self._ready = b"".join(self._clean(line) for line in whole)
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _clean(self, line: bytes) -> bytes:
        if self._skip:
            self._skip -= 1
            return b""
        if not line.strip() or line.lstrip().startswith(COMMENT.encode()):
            return b""
        if self._found.separator == " ":
            line = b" ".join(line.split())
        return line.rstrip(b"\r") + b"\n"


def _separator(header: str, row: str) -> str:
    """The first separator that divides the header and the first row into as many values; else the header alone."""
    counts = {s: (len(fields(header, s)), len(fields(row, s)) if row else 0) for s in SEPARATORS}
    for separator, (names, values) in counts.items():
        if names > 1 and names == values:
            return separator
    return next((separator for separator, (names, _) in counts.items() if names > 1), ",")


def _numbers(values: Sequence[str]) -> bool:
    return bool(values) and all(re.fullmatch(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", v) for v in values)
