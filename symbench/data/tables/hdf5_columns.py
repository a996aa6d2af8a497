"""The columns of an HDF5 file, wherever they are stored: datasets, fields of compound datasets, and pandas' tables."""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from symbench.data.tables.base import Lists
from symbench.data.tables.limits import require
from symbench.errors import DataError

_NAMES_BYTES = 2**24  # longest list of names that is parsed


@dataclass(frozen=True)
class Place:
    """Where a column is: a dataset, a field of it, and one of the values that the field has in a row."""

    dataset: Any
    field: str | None = None
    element: int | None = None

    @property
    def source(self) -> tuple[str, str | None]:
        """Columns of one source are read together."""
        return str(self.dataset.name), self.field


def find_columns(path: str, file: Any, names: list[str], key: str | None) -> dict[str, Place]:
    """The places of the named columns.

    Without a key: the root if it has one of the columns, else the only group or compound dataset. A name may also be a
    path from the root, `jets/flavour`. Raises DataError for a column or key that the file lacks.
    """
    import h5py

    home = home_of(path, file, names, key)
    known = all_columns(home)
    found: dict[str, Place] = {}
    for name in names:
        place = known.get(name) or _by_path(file, home, name)
        if place is None:
            require(path, [name], list(known), "field" if isinstance(home, h5py.Dataset) else "dataset")
        else:
            found[name] = place
    return found


def all_columns(home: Any) -> dict[str, Place]:
    """The columns of a group or compound dataset by name."""
    import h5py

    if isinstance(home, h5py.Dataset):
        fields = {name: Place(home, name) for name in home.dtype.names or ()}
        return {**fields, **dict(_pandas_table(home))}
    datasets = {name: Place(home[name]) for name in home if _is_dataset(home, name)}
    return {**datasets, **dict(_pandas_frame(home))}


def home_of(path: str, file: Any, names: list[str], key: str | None) -> Any:
    import h5py

    inside = [name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
    if key is not None:
        if not is_hard_link(file, key):
            require(path, [key], inside, "group")
        return _table_in(file[key])
    if any(name in inside for name in names):
        return file
    places = [name for name in inside if isinstance(file[name], h5py.Group) or file[name].dtype.names]
    if len(places) == 1:
        return _table_in(file[places[0]])
    if not any("/" in name for name in names):
        for place in places:
            if names and set(names) <= set(all_columns(_table_in(file[place]))):
                raise DataError(f"{path}: set `key` to one of {', '.join(places)}")
    return file


def _table_in(place: Any) -> Any:
    """pandas and PyTables store a table as a dataset `table` in a group of the table's name."""
    import h5py

    if isinstance(place, h5py.Group) and _is_dataset(place, "table") and place["table"].dtype.names:
        return place["table"]
    return place


def _by_path(file: Any, home: Any, name: str) -> Place | None:
    import h5py

    for start in (home, file):
        if not isinstance(start, h5py.Group):
            continue
        if is_hard_link(start, name) and isinstance(start[name], h5py.Dataset):
            return Place(start[name])
        parent, _, field = name.rpartition("/")
        if parent and is_hard_link(start, parent):
            place = all_columns(_table_in(start[parent])).get(field)
            if place is not None:
                return place
    return None


def _pandas_table(table: Any) -> Iterator[tuple[str, Place]]:
    """`to_hdf(format="table")`: a field `values_block_0` for all columns of one type, their names in an attribute."""
    for field in table.dtype.names or ():
        kind = table.attrs.get(f"{field}_kind")
        shape = table.dtype[field].shape
        if isinstance(kind, bytes) and field.startswith("values_block_") and len(shape) <= 1:
            names = names_in_pickle(kind)
            if len(names) == (shape[0] if shape else 1):
                for element, name in enumerate(names):
                    yield name, Place(table, field, element if shape else None)


def _pandas_frame(group: Any) -> Iterator[tuple[str, Place]]:
    """`to_hdf(format="fixed")`: `block0_values` for all columns of one type, with their names in `block0_items`."""
    for number in range(10_000):
        values, items = f"block{number}_values", f"block{number}_items"
        if not (_is_dataset(group, values) and _is_dataset(group, items)):
            return
        shape, names = group[values].shape, group[items]
        if len(shape) == 2 and names.shape == (shape[1],) and names.dtype.kind in "SUiu":
            for element, name in enumerate(names[...].tolist()):
                yield (
                    name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name),
                    Place(group[values], None, element),
                )


def names_in_pickle(text: bytes) -> list[str]:
    """The strings in a pickled list of strings, as PyTables writes names of columns; nothing is unpickled.

    An opcode that only states a constant, or builds the list, is allowed: anything else gives an empty list.
    """
    harmless = {"LIST", "EMPTY_LIST", "MARK", "APPEND", "APPENDS", "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "PROTO",
                "FRAME", "STOP"}  # fmt: skip
    constants = {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING", "INT",
                 "BININT", "BININT1", "BININT2", "LONG", "LONG1"}  # fmt: skip
    if len(text) > _NAMES_BYTES:
        return []
    names: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(text):
            if opcode.name in constants:
                names.append(str(argument))
            elif opcode.name not in harmless:
                return []
    except Exception:  # damaged text: pickletools raises ValueError, UnicodeError and others
        return []
    return names


def is_hard_link(file: Any, key: str) -> bool:
    """Whether every part of a path inside the file is an object of this file, not a soft or external link."""
    import h5py

    parts = [part for part in key.split("/") if part]
    paths = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    try:
        return bool(parts) and all(isinstance(file.get(path, getlink=True), h5py.HardLink) for path in paths)
    except (KeyError, ValueError, RuntimeError):  # a part is a dataset
        return False


def refuse_other_files(path: str, dataset: Any) -> None:
    """Raise DataError for a dataset whose values are stored in another file."""
    if dataset.external or dataset.is_virtual:
        raise DataError(f"{path}: dataset {dataset.name!r} keeps its data in another file, which is not read")


def refuse_unknown_filter(path: str, dataset: Any) -> None:
    """Raise DataError for a compression that this installation of HDF5 lacks."""
    import h5py

    plan = dataset.id.get_create_plist()
    for index in range(plan.get_nfilters()):
        code, _, _, name = plan.get_filter(index)
        if not h5py.h5z.filter_avail(code):
            known = name.decode("utf-8", "replace") or f"filter {code}"
            raise DataError(
                f"{path}: dataset {dataset.name!r} is compressed with {known}, which needs `pip install hdf5plugin`"
            )


def as_column(values: Any) -> np.ndarray[Any, Any] | Lists:
    """Values in native byte order; text decoded, and lists of numbers of varying length one after another."""
    array = np.asarray(values)
    if array.dtype.kind == "O":
        if array.ndim == 1 and len(array) and isinstance(array[0], np.ndarray):
            counts = np.array([len(row) for row in array], dtype=np.int64)
            return Lists(counts, as_plain(np.concatenate(list(array))))
        array = np.array([v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in array.ravel()])
        return array.reshape(np.shape(values))
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    return as_plain(array)


def as_plain(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array in native byte order and in one piece."""
    return np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False))


def _is_dataset(group: Any, name: str) -> bool:
    import h5py

    return isinstance(group.get(name, getlink=True), h5py.HardLink) and isinstance(group[name], h5py.Dataset)
