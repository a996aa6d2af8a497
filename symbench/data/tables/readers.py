"""One reader a format: named columns as arrays, and nothing else of the file.

A file is somebody's input: sizes are looked at before memory is taken, nothing is unpickled, and a file cannot make
another one be read.
"""

from __future__ import annotations

import csv
import math
import re
import zipfile
from collections.abc import Callable, Collection, Sequence
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from symbench.data.tables.format import Format
from symbench.errors import DataError, nearest
from symbench.extras import require as require_extra

Columns = dict[str, npt.NDArray[Any]]
Reader = Callable[[str, Sequence[str], str | None, int], Columns]

MAXIMUM_WIDTH = 10_000
"""Components that one array may have a row, and columns that a CSV file may have."""

MAXIMUM_VALUES = 100_000_000
"""Numbers in one array: a file of a few bytes can state a shape that no memory holds."""

_HEADER_CHARACTERS = 2**18  # at most 1 MiB, the block in which Arrow looks for the end of a line


def require(path: str, names: Sequence[str], known: Collection[str], kind: str = "column") -> None:
    """Raise DataError for the first name that the file lacks, with the nearest that it has."""
    for name in names:
        if name not in known:
            hint = nearest(name, known)
            if hint.startswith("known: ") and len(known) > 30:
                hint = f"there are {len(known)}, among them {', '.join(sorted(known)[:10])}"
            raise DataError(f"{path}: no {kind} {name!r}; {hint}")


def read_csv(path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
    """Comma-separated text with one line of column names; every row must have as many values.

    Read with Arrow, whose parser is strict: pandas drops surplus values of a row silently once columns are chosen,
    and a decimal comma would go unseen.
    """
    import pyarrow as pa

    _no_key(path, key, "CSV")
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            header = _csv_header(path, file)
        require(path, names, header)
        repeated = [name for name in names if header.count(name) > 1]
        if repeated:
            raise DataError(f"{path}: column {repeated[0]!r} appears {header.count(repeated[0])} times")
        try:
            table = _stream_csv(path, names, header, maximum_rows, {})
        except pa.ArrowInvalid as error:
            if "conversion error" not in str(error):
                raise
            # types are inferred from the first block: a column that turns from 1 to 1.5 later is a number all the same
            table = _stream_csv(path, names, header, maximum_rows, dict.fromkeys(names, pa.float64()))
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise DataError(f"{path}: not readable as CSV: {_first_line(error)}") from error
    return {name: table.column(name).to_numpy() for name in names}


def _csv_header(path: str, file: IO[str]) -> list[str]:
    line = file.readline(_HEADER_CHARACTERS + 1)
    if len(line) > _HEADER_CHARACTERS:
        raise DataError(f"{path}: the first line has more than {_HEADER_CHARACTERS:,} characters: no line of names")
    header = [name.strip() for name in next(csv.reader([line]), [])]
    if len(header) > MAXIMUM_WIDTH:
        raise DataError(f"{path}: {len(header):,} columns, more than the {MAXIMUM_WIDTH:,} that are read")
    return header


def _stream_csv(path: str, names: Sequence[str], header: list[str], maximum_rows: int, types: dict[str, Any]) -> Any:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    batches, rows = [], 0
    with arrow_csv.open_csv(
        pa.OSFile(path),  # a plain file: a name that ends in .gz is not unpacked
        read_options=arrow_csv.ReadOptions(column_names=header, skip_rows=1, use_threads=False),
        convert_options=arrow_csv.ConvertOptions(include_columns=list(names), column_types=types),
    ) as reader:
        for batch in reader:
            rows += len(batch)
            _limit_rows(path, rows, maximum_rows)
            batches.append(batch)
        return pa.Table.from_batches(batches, schema=reader.schema)


def read_parquet(path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
    """Apache Parquet with flat numeric columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    _no_key(path, key, "Parquet")
    try:
        with pq.ParquetFile(path) as file:
            require(path, names, file.schema_arrow.names)
            _limit_rows(path, file.metadata.num_rows, maximum_rows)
            for name in names:
                kind = file.schema_arrow.field(name).type
                if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
                    raise DataError(f"{path}: column {name!r} does not hold numbers but {kind}")
            table = file.read(columns=list(names))
        return {name: table.column(name).to_numpy() for name in names}
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: not readable as Parquet: {_first_line(error)}") from error


def read_npz(path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
    """NumPy's archive; the size that each member unpacks to is checked against its shape first."""
    _no_key(path, key, "NPZ")
    try:
        with zipfile.ZipFile(path) as archive:
            members = {m.filename.removesuffix(".npy"): m for m in archive.infolist() if m.filename.endswith(".npy")}
            require(path, names, members, "array")
            return {name: _read_member(path, archive, members[name], maximum_rows) for name in names}
    except DataError:
        raise
    except Exception as error:  # zlib, lzma, struct, ast: whatever a broken archive leads them to
        raise DataError(f"{path}: not readable as NPZ: {_first_line(error)}") from error


def _read_member(path: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, maximum_rows: int) -> npt.NDArray[Any]:
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        headers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in headers:
            raise ValueError(f"array format {version} of {member.filename}")
        shape, _, dtype = headers[version](file)
        name = member.filename.removesuffix(".npy")
        if dtype.hasobject:
            raise DataError(f"{path}: array {name!r} holds Python objects, which are never loaded")
        _must_be_numbers(path, "array", name, dtype)
        _limit_shape(path, name, shape, maximum_rows)
        expected = file.tell() + dtype.itemsize * math.prod(shape)
        if member.file_size != expected:
            raise ValueError(f"array {name!r} states {member.file_size:,} bytes, its shape needs {expected:,}")
    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def read_hdf5(path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
    """HDF5: datasets of one group, or fields of one compound dataset. Links to other files are refused."""
    require_extra("h5py", "data")
    import h5py

    try:
        with h5py.File(path, "r") as file:
            place = _hdf5_place(path, file, names, key)
            if isinstance(place, h5py.Dataset):
                require(path, names, place.dtype.names or (), "field")
                _no_other_file(path, place)
                for name in names:
                    _must_be_numbers(path, "field", name, place.dtype[name].base)
                    _limit_shape(path, name, (*place.shape, *place.dtype[name].shape), maximum_rows)
                table = place.fields(list(names))[...]
                return {name: np.ascontiguousarray(table[name]) for name in names}
            require(path, names, [n for n in place if _is_dataset(place, n)], "dataset")
            columns: Columns = {}
            for name in names:
                dataset = place[name]
                _no_other_file(path, dataset)
                _must_be_numbers(path, "dataset", name, dataset.dtype)
                _limit_shape(path, name, dataset.shape, maximum_rows)
                columns[name] = dataset[...]
            return columns
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise DataError(f"{path}: not readable as HDF5: {_first_line(error)}") from error


def _hdf5_place(path: str, file: Any, names: Sequence[str], key: str | None) -> Any:
    """The group or compound dataset that the key names; else the root if it has a column, else the only one."""
    import h5py

    inside = [n for n in file if isinstance(file.get(n, getlink=True), h5py.HardLink)]
    if key is not None:
        if not all(_hard_link(file, key)):
            require(path, [key], inside, "group")
        return file[key]
    if any(name in inside for name in names):
        return file
    places = [n for n in inside if isinstance(file[n], h5py.Group) or file[n].dtype.names]
    if len(places) == 1:
        return file[places[0]]
    require(path, [names[0]], inside, "dataset")
    return file


def _hard_link(file: Any, key: str) -> list[bool]:
    import h5py

    parts = [part for part in key.split("/") if part]
    paths = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    return [isinstance(file.get(p, getlink=True), h5py.HardLink) for p in paths] or [True]


def _is_dataset(group: Any, name: str) -> bool:
    import h5py

    return isinstance(group.get(name, getlink=True), h5py.HardLink) and isinstance(group[name], h5py.Dataset)


def _no_other_file(path: str, dataset: Any) -> None:
    if dataset.external or dataset.is_virtual:
        raise DataError(f"{path}: dataset {dataset.name!r} keeps its data in another file, which is not read")


def read_root(path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
    """A flat ROOT tree; branches with a varying number of values a row are refused."""
    from symbench.data.tables.root_file import open_root, trivial_executors

    try:
        with open_root(path) as file:
            trees = file.keys(filter_classname=["TTree", "ROOT::RNTuple"], cycle=False)
            if key is None and len(set(trees)) != 1:
                raise DataError(f"{path}: set `key` to one of the trees {', '.join(sorted(set(trees))) or '(none)'}")
            require(path, [key] if key is not None else [], trees, "tree")
            tree = file[key or trees[0]]
            require(path, names, tree.keys(), "branch")
            _limit_rows(path, int(tree.num_entries), maximum_rows)
            for name in names:
                _must_be_flat(path, tree, name, maximum_rows)
            # Branch by branch: `tree.arrays` takes names for expressions, and a file may bring aliases of its own.
            arrays = {name: tree[name].array(library="np", **trivial_executors()) for name in names}
    except DataError:
        raise
    except Exception as error:  # uproot raises whatever a broken file leads it to
        raise DataError(f"{path}: not readable as ROOT: {type(error).__name__}: {_first_line(error)}") from error
    for name in names:
        if arrays[name].dtype.hasobject:
            raise DataError(f"{path}: branch {name!r} has a varying number of values a row: flatten it first")
    return {name: arrays[name].astype(arrays[name].dtype.newbyteorder("=")) for name in names}


def _must_be_flat(path: str, tree: Any, name: str, maximum_rows: int) -> None:
    """Refuse a branch whose rows vary in length, or are too wide, before any of it is read."""
    from uproot.interpretation.numerical import Numerical

    branch = tree[name]
    interpretation = getattr(branch, "interpretation", None)
    if interpretation is None:  # a field of an RNTuple
        base, inner = _array_type(str(branch.typename))
        flat = "<" not in base and "string" not in base
    else:
        flat, inner = isinstance(interpretation, Numerical), getattr(interpretation, "inner_shape", ())
    if not flat:
        raise DataError(f"{path}: branch {name!r} has a varying number of values a row: flatten it first")
    _limit_shape(path, name, (int(tree.num_entries), *inner), maximum_rows)


def _array_type(typename: str) -> tuple[str, tuple[int, ...]]:
    """`std::array<std::array<float,3>,2>` → float, (2, 3)."""
    shape: list[int] = []
    while (found := re.fullmatch(r"std::array<(.+),\s*(\d+)>", typename)) is not None:
        typename = found[1]
        shape.append(int(found[2]))
    return typename, tuple(shape)


READERS: dict[Format, Reader] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "npz": read_npz,
    "hdf5": read_hdf5,
    "root": read_root,
}


def _no_key(path: str, key: str | None, format: str) -> None:
    if key is not None:
        raise DataError(f"{path}: a {format} file has one table, `key` {key!r} means nothing here")


def _limit_rows(path: str, rows: int, maximum: int) -> None:
    if rows > maximum:
        raise DataError(f"{path}: more than {maximum:,} rows, the most that is read")


def _limit_shape(path: str, name: str, shape: tuple[int, ...], maximum_rows: int) -> None:
    if not shape:
        raise DataError(f"{path}: {name!r} is a single number, not a column")
    if min(shape) < 0:
        raise DataError(f"{path}: {name!r} states the shape {shape}")
    _limit_rows(path, shape[0], maximum_rows)
    if math.prod(shape[1:]) > MAXIMUM_WIDTH:
        raise DataError(f"{path}: {name!r} has shape {shape}, more than {MAXIMUM_WIDTH:,} values a row")
    if math.prod(shape) > MAXIMUM_VALUES:
        raise DataError(f"{path}: {name!r} has shape {shape}, more than {MAXIMUM_VALUES:,} values")


def _must_be_numbers(path: str, kind: str, name: str, dtype: np.dtype[Any]) -> None:
    if dtype.kind not in "fiub":
        raise DataError(f"{path}: {kind} {name!r} does not hold numbers but {dtype}")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
