"""HDF5: datasets, fields of compound datasets, and tables of pandas and PyTables."""

from __future__ import annotations

import contextlib
import importlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import MAXIMUM_TEXTS, first_line, limit_rows, limit_shape, require_values
from symbench.errors import DataError
from symbench.extras import require as require_extra

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns
    from symbench.data.tables.hdf5_columns import Place

BLOCK_BYTES = 2**26


@registry.reader("hdf5", suffixes=(".h5", ".hdf5", ".hdf"))
class Hdf5Reader(TableReader):
    """HDF5; links to other files, and datasets whose values are stored in other files, are refused.

    A column of a group or of a compound dataset has its name there; any other is named by its path from the root, as in
    `jets/flavour`.
    """

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        with _open(path, names, key, maximum_rows) as places:
            return _values(places, ...)

    def blocks(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Iterator[Columns]:
        with _open(path, names, key, maximum_rows) as places:
            rows = {place.dataset.shape[0] for place in places.values()}
            if len(rows) != 1:  # the caller compares the lengths
                yield _values(places, ...)
                return
            (total,) = rows
            step = max(1, BLOCK_BYTES // max(1, sum(_row_bytes(place) for place in _sources(places).values())))
            for start in range(0, max(1, total), step):
                yield _values(places, slice(start, start + step))

    def column_names(self, path: str, key: str | None) -> list[str]:
        with _file(path) as file:
            from symbench.data.tables.hdf5_columns import all_columns, home_of

            return list(all_columns(home_of(path, file, [], key)))


@contextmanager
def _file(path: str) -> Iterator[Any]:
    require_extra("h5py", "data")
    import h5py

    with contextlib.suppress(ImportError):
        importlib.import_module("hdf5plugin")  # files of PyTables are often compressed with Blosc

    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise DataError(f"{path}: not readable as HDF5: {first_line(error)}") from error


@contextmanager
def _open(path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Iterator[dict[str, Place]]:
    with _file(path) as file:
        from symbench.data.tables.hdf5_columns import find_columns

        places = find_columns(path, file, list(names), key)
        for name, place in places.items():
            _check(path, name, place, maximum_rows)
        yield places


def _check(path: str, name: str, place: Place, maximum_rows: int) -> None:
    """Raise DataError for a column that is not to be read, before any of it is."""
    import h5py
    import numpy as np

    from symbench.data.tables.hdf5_columns import refuse_other_files, refuse_unknown_filter

    refuse_other_files(path, place.dataset)
    refuse_unknown_filter(path, place.dataset)
    kind = place.dataset.dtype if place.field is None else place.dataset.dtype[place.field].base
    what, rows = "dataset" if place.field is None else "field", place.dataset.shape[0] if place.dataset.shape else 0
    text, lists = h5py.check_string_dtype(kind), h5py.check_vlen_dtype(kind)
    if lists is not None and place.field is None and rows <= MAXIMUM_TEXTS:
        require_values(path, "lists of", name, np.dtype(lists), 0)
    elif text is None or text.length is not None:
        require_values(path, what, name, kind, rows)
    elif rows > MAXIMUM_TEXTS:
        raise DataError(f"{path}: {what} {name!r} does not hold numbers but {rows:,} texts")
    inner = () if place.field is None else place.dataset.dtype[place.field].shape
    shape = (*place.dataset.shape, *inner)
    if place.element is None:
        limit_shape(path, name, shape, maximum_rows)
    else:
        limit_rows(path, shape[0], maximum_rows)


def _values(places: dict[str, Place], rows: Any) -> Columns:
    """The columns in these rows, a slice or `...`, which h5py reads faster; what is stored together is read once."""
    from symbench.data.tables.hdf5_columns import as_column

    fields: dict[str, list[str]] = {}
    for place in places.values():
        if place.field is not None and place.field not in fields.setdefault(place.dataset.name, []):
            fields[place.dataset.name].append(place.field)
    records: dict[tuple[str, str | None], Any] = {}
    columns: Columns = {}
    for name, place in places.items():
        if place.source not in records:
            if place.field is None:
                records[place.source] = place.dataset[rows]
            else:
                some = fields[place.dataset.name]
                read = place.dataset.fields(some)[rows]
                records.update({(place.dataset.name, field): read[field] for field in some})
        values = records[place.source]
        columns[name] = as_column(values if place.element is None else values[:, place.element])
    return columns


def _sources(places: dict[str, Place]) -> dict[str, Place]:
    return {str(place.dataset.name): place for place in places.values()}


def _row_bytes(place: Place) -> int:
    return int(place.dataset.dtype.itemsize * math.prod(place.dataset.shape[1:]))
