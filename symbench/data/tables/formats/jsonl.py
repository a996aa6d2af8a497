"""JSON lines: one object a line."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import MAXIMUM_WIDTH, first_line, limit_rows, refuse_key
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns

_BLOCK = 2**24  # bytes in which Arrow looks for the end of a line
_MOST_BYTES = 2**30
_MANY = 200  # brackets in a line; fewer cannot nest too deeply for Arrow
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]')


@registry.reader("jsonl", suffixes=(".jsonl", ".ndjson"))
class JsonLinesReader(TableReader):
    """One JSON object a line with numbers, text or lists of numbers, plain or packed with gzip, bzip2 or Zstandard.

    A value of an object within the object is named with a point, `muon.pt`. A value that a line lacks, or that is
    null, is missing.
    """

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        from symbench.data.tables.arrow import check_types, columns_of
        from symbench.data.tables.nested import find

        table = _table(path, key)
        found = find(path, table.schema, names)
        limit_rows(path, table.num_rows, maximum_rows)
        check_types(path, table.schema, found, table.num_rows)
        try:
            return columns_of(path, table, found)
        except UnicodeDecodeError as error:
            raise DataError(f"{path}: not readable as JSON lines: {first_line(error)}") from error

    def column_names(self, path: str, key: str | None) -> list[str]:
        from symbench.data.tables.nested import places

        return list(places(path, _table(path, key).schema))


def _table(path: str, key: str | None) -> Any:
    """The Arrow table."""
    import pyarrow as pa

    from symbench.data.tables.arrow import may_be_unsigned

    refuse_key(path, key, "JSON lines")
    try:
        table = _read(path, {})
        unsigned = [name for name in table.column_names if may_be_unsigned(table.column(name))]
        if unsigned:
            with contextlib.suppress(pa.ArrowInvalid):  # raised for as many digits as a floating-point number has
                table = _read(path, dict.fromkeys(unsigned, pa.uint64()))
    except (OSError, EOFError, UnicodeDecodeError, pa.ArrowException) as error:
        raise DataError(f"{path}: not readable as JSON lines: {first_line(error)}") from error
    if table.num_columns > MAXIMUM_WIDTH:
        raise DataError(f"{path}: {table.num_columns:,} columns, more than the {MAXIMUM_WIDTH:,} that are read")
    return table


def _read(path: str, types: dict[str, Any]) -> Any:
    import pyarrow as pa
    from pyarrow import json

    read = json.ReadOptions(use_threads=False, block_size=_BLOCK)
    parse = json.ParseOptions(explicit_schema=pa.schema(types)) if types else None
    text = b"".join(_pieces(path))
    _check_depth(path, text)
    return json.read_json(pa.BufferReader(text), read_options=read, parse_options=parse)


def _pieces(path: str) -> Iterator[bytes]:
    """The text of the file, unpacked, while lines and the whole stay within bounds."""
    from symbench.data.tables.text import open_stream

    size, line = 0, 0
    with open_stream(path) as (stream, _):
        while piece := bytes(stream.read(_BLOCK // 4)):
            size += len(piece)
            at = piece.rfind(b"\n")
            line = line + len(piece) if at < 0 else len(piece) - at - 1
            if line > _BLOCK:
                raise DataError(f"{path}: not readable as JSON lines: a line has more than {_BLOCK:,} bytes")
            if size > _MOST_BYTES:
                raise DataError(f"{path}: more than {_MOST_BYTES:,} bytes of text, the most that is read as a whole")
            yield piece


def _check_depth(path: str, text: bytes) -> None:
    """Raise DataError for lists within lists beyond `_MANY`: Arrow's parser would end the process."""
    import numpy as np

    data = np.frombuffer(text, dtype=np.uint8)
    ends = np.append(np.flatnonzero(data == ord("\n")), len(data))
    opening = np.flatnonzero((data == ord("[")) | (data == ord("{")))
    counts = np.diff(np.searchsorted(opening, ends), prepend=0)
    for line in np.flatnonzero(counts > _MANY):
        depth = 0
        for token in _TOKEN.finditer(text, int(ends[line - 1]) if line else 0, int(ends[line])):
            depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
            if depth > _MANY:
                raise DataError(f"{path}: lists within lists, more than {_MANY} deep, in line {line + 1}")
