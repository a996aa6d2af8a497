"""Named columns of files in blocks: values of wide arrays, lists by offsets, and the comparison of lengths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from symbench import registry
from symbench.data.tables.base import Lists
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Column, Columns, TableReader

MAXIMUM_ROWS = 10_000_000

_ELEMENT = re.compile(r"(?P<name>.+)\[(?P<index>-?\d{1,6})(?P<second>\s*,\s*:)?\]")


@dataclass(frozen=True)
class ColumnSource:
    """How columns are found in a file.

    format   the name of a registered reader
    key      tree, group or table; None if there is only one
    offsets  column of the offsets (n + 1), or of the lengths (n), of lists that are stored one after another
    """

    format: str
    key: str | None = None
    offsets: str | None = None

    def reader(self) -> TableReader:
        """A reader of this format."""
        return registry.find_reader(self.format)()


def read_blocks(
    path: str, names: Sequence[str], source: ColumnSource, maximum_rows: int | None = None
) -> Iterator[Columns]:
    """The named columns, some rows at a time, all of one length; raises DataError.

    A name is a column, or one value of an array in each row: `jets[3]` is the fourth, `p[-1]` the last along the last
    axis; `p[3,:]` is the fourth along the second axis of an array (n, F, P). A column of the file whose name has
    brackets itself takes precedence.
    """
    return _read(path, names, source, maximum_rows, lambda reader, *wanted: reader.blocks(*wanted))


def _read(
    path: str,
    names: Sequence[str],
    source: ColumnSource,
    maximum_rows: int | None,
    read_with: Callable[[TableReader, str, Sequence[str], str | None, int], Iterable[Columns]],
) -> Iterator[Columns]:
    """The named columns as `read_with` gives them: in blocks, or as one."""
    maximum = MAXIMUM_ROWS if maximum_rows is None else maximum_rows
    wanted = list(dict.fromkeys(names))
    elements = _elements(path, wanted, source)
    extra = [source.offsets] if source.offsets is not None else []
    stored = list(dict.fromkeys([*(elements[name][0] for name in wanted), *extra]))
    reader = source.reader()
    if source.offsets is not None:
        read: Iterable[Columns] = [_with_lists(path, reader.read(path, stored, source.key, maximum), source.offsets)]
    else:
        read = read_with(reader, path, stored, source.key, maximum)
    for columns in read:
        _compare_lengths(path, columns)
        yield {name: _element(path, columns[elements[name][0]], name, *elements[name][1:]) for name in wanted}


def read_columns(path: str, names: Sequence[str], source: ColumnSource, maximum_rows: int | None = None) -> Columns:
    """The named columns as a whole; raises DataError."""
    (columns,) = _read(path, names, source, maximum_rows, lambda reader, *wanted: [reader.read(*wanted)])
    return columns


def numbers(path: str, name: str, column: Column) -> npt.NDArray[Any]:
    """A column of numbers as an array; missing values are NaN. Raises DataError for lists and for text."""
    if isinstance(column, Lists):
        raise DataError(f"{path}: column {name!r} has a varying number of values a row")
    if column.dtype.kind not in "fiub":
        raise DataError(f"{path}: column {name!r} does not hold numbers but text{_example(column)}")
    if isinstance(column, np.ma.MaskedArray):
        return np.where(np.ma.getmaskarray(column), np.nan, np.ma.getdata(column).astype(np.float64))
    return column


def list_numbers(path: str, name: str, column: Lists) -> npt.NDArray[Any]:
    """The values of all lists as numbers; raises DataError if a row has no list."""
    if column.absent is not None and column.absent.any():
        raise DataError(
            f"{path}: column {name!r} has no list in {int(column.absent.sum()):,} rows, first in row "
            f"{int(np.flatnonzero(column.absent)[0]) + 1}; `drop_missing: true` leaves them out"
        )
    return numbers(path, name, column.values)


def missing(column: Column) -> npt.NDArray[np.bool_]:
    """Rows (N,) in which a value is missing, not finite, or an empty text; of lists, any value or the list itself."""
    if isinstance(column, Lists):
        rows = np.zeros(len(column), dtype=np.bool_) if column.absent is None else column.absent.copy()
        bad = missing(column.values)
        if bad.any():
            rows[np.repeat(np.arange(len(column)), column.counts)[bad]] = True
        return rows
    rows = np.zeros(len(column), dtype=np.bool_)
    if isinstance(column, np.ma.MaskedArray):
        rows |= np.ma.getmaskarray(column).reshape(len(column), -1).any(axis=1)
    if column.dtype.kind == "f":
        finite = np.isfinite(np.ma.getdata(column))
        rows |= ~(finite if finite.ndim == 1 else finite.reshape(len(column), -1).all(axis=1))
    if column.dtype.kind == "U":
        rows |= (np.ma.getdata(column) == "").reshape(len(column), -1).any(axis=1)
    return rows


def take(column: Column, rows: npt.NDArray[np.bool_]) -> Column:
    """The rows that are True."""
    if not isinstance(column, Lists):
        return column[rows]
    absent = None if column.absent is None else column.absent[rows]
    return Lists(column.counts[rows], column.values[np.repeat(rows, column.counts)], absent)


def take_all(columns: Columns, rows: npt.NDArray[np.bool_]) -> Columns:
    """The rows of all columns that are True; the columns themselves if these are all rows."""
    return columns if rows.all() else {name: take(column, rows) for name, column in columns.items()}


def _elements(path: str, names: Sequence[str], source: ColumnSource) -> dict[str, tuple[str, int | None, bool]]:
    """Name → column, number of the value in it, and whether that counts along the second axis."""
    found: dict[str, tuple[str, int | None, bool]] = {name: (name, None, False) for name in names}
    if not any(_ELEMENT.fullmatch(name) for name in names):
        return found
    try:
        known = set(source.reader().column_names(path, source.key))
    except DataError:
        known = set()
    for name in names:
        match = _ELEMENT.fullmatch(name)
        if match is not None and name not in known:
            found[name] = (match["name"], int(match["index"]), match["second"] is not None)
    return found


def _element(path: str, column: Column, name: str, index: int | None, second: bool) -> Column:
    if index is None:
        return column
    values = column.values if isinstance(column, Lists) else column
    if values.ndim < 2 or (second and (values.ndim < 3 or isinstance(column, Lists))):
        shape = "more than one number" if second else "an array"
        raise DataError(f"{path}: {name!r}: the column does not have {shape} in each {'row' if second else 'place'}")
    axis = 1 if second else values.ndim - 1
    if not -values.shape[axis] <= index < values.shape[axis]:
        along = "second" if second else "last"
        raise DataError(f"{path}: {name!r}: the array has {values.shape[axis]} values along its {along} axis, from 0")
    chosen = values.take(index, axis=axis)
    return Lists(column.counts, chosen, column.absent) if isinstance(column, Lists) else chosen


def _compare_lengths(path: str, columns: Columns) -> None:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        stated = ", ".join(f"{name!r} {n:,}" for name, n in list(lengths.items())[:12])
        raise DataError(f"{path}: columns of unequal length: {stated}")


def _with_lists(path: str, columns: Columns, offsets: str) -> Columns:
    """Columns as long as the lists together become lists."""
    at = columns.pop(offsets)
    if isinstance(at, Lists) or at.ndim != 1 or at.dtype.kind not in "iu":
        raise DataError(f"{path}: offsets {offsets!r} must be integers, one a row")
    at = np.asarray(at).astype(np.int64)
    totals = {len(column) for column in columns.values()}
    is_offsets = len(at) > 1 and at[0] == 0 and bool((np.diff(at) >= 0).all()) and int(at[-1]) in totals
    counts = np.diff(at) if is_offsets else at
    total = int(counts.sum())
    if (counts < 0).any() or total not in totals:
        raise DataError(
            f"{path}: {offsets!r} gives {total:,} values in {len(counts):,} lists; the columns have "
            f"{' or '.join(f'{n:,}' for n in sorted(totals))}"
        )
    lists: Columns = {}
    for name, column in columns.items():
        as_lists = not isinstance(column, Lists) and len(column) == total and total != len(counts)
        lists[name] = Lists(counts, np.asarray(column)) if as_lists else column
    return lists


def joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Parts of one column, one after another."""
    if len(parts) == 1:
        return parts[0]
    if any(isinstance(array, np.ma.MaskedArray) for array in parts):
        return np.ma.concatenate(parts)  # type: ignore[no-untyped-call,no-any-return]
    return np.concatenate(parts)


def _example(column: npt.NDArray[Any]) -> str:
    for row, value in enumerate(np.ma.getdata(column).ravel()[:1000].tolist(), start=1):
        try:
            float(value)
        except (TypeError, ValueError):
            return f", first {str(value)[:40]!r} in row {row}"
    return ""
