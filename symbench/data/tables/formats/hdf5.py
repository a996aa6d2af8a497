"""HDF5: datasets of one group, or fields of one compound dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import first_line, limit_shape, require, require_numbers
from symbench.errors import DataError
from symbench.extras import require as require_extra

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns


@registry.reader("hdf5", suffixes=(".h5", ".hdf5", ".hdf"))
class Hdf5Reader(TableReader):
    """HDF5; links to other files, and datasets whose values are stored in other files, are refused."""

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        require_extra("h5py", "data")
        import h5py

        try:
            with h5py.File(path, "r") as file:
                place = _place(path, file, names, key)
                if isinstance(place, h5py.Dataset):
                    return _fields(path, place, names, maximum_rows)
                return _datasets(path, place, names, maximum_rows)
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise DataError(f"{path}: not readable as HDF5: {first_line(error)}") from error


def _fields(path: str, table: Any, names: Sequence[str], maximum_rows: int) -> Columns:
    import numpy as np

    require(path, names, table.dtype.names or (), "field")
    refuse_other_files(path, table)
    for name in names:
        require_numbers(path, "field", name, table.dtype[name].base)
        limit_shape(path, name, (*table.shape, *table.dtype[name].shape), maximum_rows)
    rows = table.fields(list(names))[...]
    return {name: np.ascontiguousarray(rows[name]) for name in names}


def _datasets(path: str, group: Any, names: Sequence[str], maximum_rows: int) -> Columns:
    require(path, names, [name for name in group if _is_dataset(group, name)], "dataset")
    columns: Columns = {}
    for name in names:
        dataset = group[name]
        refuse_other_files(path, dataset)
        require_numbers(path, "dataset", name, dataset.dtype)
        limit_shape(path, name, dataset.shape, maximum_rows)
        columns[name] = dataset[...]
    return columns


def _place(path: str, file: Any, names: Sequence[str], key: str | None) -> Any:
    """The group or compound dataset `key`; without a key the root if it has a column, else the only candidate."""
    import h5py

    inside = [name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
    if key is not None:
        if not is_hard_link(file, key):
            require(path, [key], inside, "group")
        return file[key]
    if any(name in inside for name in names):
        return file
    places = [name for name in inside if isinstance(file[name], h5py.Group) or file[name].dtype.names]
    if len(places) == 1:
        return file[places[0]]
    require(path, [names[0]], inside, "dataset")
    return file


def is_hard_link(file: Any, key: str) -> bool:
    """Whether every part of a path inside the file is an object of this file, not a soft or external link."""
    import h5py

    parts = [part for part in key.split("/") if part]
    paths = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    return all(isinstance(file.get(path, getlink=True), h5py.HardLink) for path in paths)


def _is_dataset(group: Any, name: str) -> bool:
    import h5py

    return isinstance(group.get(name, getlink=True), h5py.HardLink) and isinstance(group[name], h5py.Dataset)


def refuse_other_files(path: str, dataset: Any) -> None:
    """Raise DataError for a dataset whose values are stored in another file."""
    if dataset.external or dataset.is_virtual:
        raise DataError(f"{path}: dataset {dataset.name!r} keeps its data in another file, which is not read")
