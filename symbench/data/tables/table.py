"""From the columns of a file to a data set: vectors, labels, one row an event, and the count of dropped rows.

Only the named columns are read, and a file is held in memory once, however many trials use it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from symbench import registry
from symbench.data.container import Dataset, Provenance, content_ids, first_rows
from symbench.data.tables.base import TableReader
from symbench.errors import DataError, MissingDataError
from symbench.files import sha256_of

FloatArray = npt.NDArray[np.float64]

MAXIMUM_ROWS = 10_000_000


@dataclass(frozen=True)
class TableRequest:
    """Which columns of a file form the data.

    format      the name of a registered reader
    key         the tree, group or table in the file; None if it has only one
    vectors     P entries: d column names, or the name of an array (N, d)
    event_id    columns whose values identify an event; if empty, the content of the row does
    """

    format: str
    key: str | None
    vectors: tuple[str | tuple[str, ...], ...]
    label: str
    label_type: Literal["number", "class"]
    event_id: tuple[str, ...]

    def recipe(self) -> dict[str, Any]:
        """As JSON, for the identity of the data."""
        return asdict(self)

    def columns(self) -> tuple[str, ...]:
        """The names of all columns to read, each once."""
        flat = [name for v in self.vectors for name in ((v,) if isinstance(v, str) else v)]
        return tuple(dict.fromkeys([*flat, self.label, *self.event_id]))


def read_table(path: str, request: TableRequest) -> Dataset:
    """The data set in a file; raises DataError with the file, column and row of what is wrong."""
    return _read(path, request, registry.find_reader(request.format), _stamp(path))


def file_digest(path: str) -> str:
    """SHA-256 of a table's file, computed once until the file changes; raises DataError if it cannot be read."""
    return _digest(path, _stamp(path))


def reader_version(own: str, format: str) -> str:
    """The version `own` of the code around a reader, with the reader's appended if it is not 1.

    It enters the identity of the data, so that a changed reader gives data of another identity.
    """
    version = registry.find_reader(format).version
    return own if version == "1" else f"{own}/{version}"


def check_algebra(matrices: npt.ArrayLike | Sequence[Any], dimension: int, where: str) -> FloatArray:
    """The matrices as generators (k, d, d); raises DataError unless finite, independent and of this dimension."""
    try:
        generators = np.array(matrices, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: not a list of equal square matrices: {error}") from error
    if generators.size == 0:
        return np.zeros((0, dimension, dimension))
    shape = generators.shape[1:]
    if generators.ndim != 3 or shape != (dimension, dimension):
        raise DataError(f"{where}: generators of shape {shape}, the vectors have {dimension} components")
    if not np.isfinite(generators).all():
        raise DataError(f"{where}: a generator is not finite")
    rank = int(np.linalg.matrix_rank(generators.reshape(len(generators), -1)))
    if rank < len(generators):
        raise DataError(f"{where}: {len(generators)} generators of which only {rank} are independent")
    return generators


def _stamp(path: str) -> tuple[int, int]:
    """Modification time and size: caches are keyed by them, so that a changed file is read again."""
    try:
        stat = os.stat(path)
    except FileNotFoundError as error:
        raise MissingDataError(f"{path}: there is no such file") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    if not Path(path).is_file():
        raise DataError(f"{path}: not a file")
    if stat.st_size == 0:
        raise DataError(f"{path}: the file is empty")
    return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=64)
def _digest(path: str, stamp: tuple[int, int]) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error


@lru_cache(maxsize=2)
def _read(path: str, request: TableRequest, reader: type[TableReader], stamp: tuple[int, int]) -> Dataset:
    columns = reader().read(path, request.columns(), request.key, MAXIMUM_ROWS)
    _check_columns(path, columns)
    vectors = np.stack([_vector(path, columns, v) for v in request.vectors], axis=1)
    label = _label(path, columns[request.label], request)
    rows = len(label)
    if request.event_id:
        event_id = content_ids(*(columns[name] for name in request.event_id))
        identity = "one row of each (" + ", ".join(request.event_id) + ")"
    else:
        event_id = content_ids(vectors, label)
        identity = "one row of each content"
    kept = first_rows(event_id)
    if len(np.unique(label[kept])) < 2:
        raise DataError(f"{path}: column {request.label!r} has the same value in every event, so it labels nothing")
    names = "; ".join(v if isinstance(v, str) else ", ".join(v) for v in request.vectors)
    return Dataset(
        vectors=vectors[kept],
        mask=np.ones(vectors[kept].shape[:2], dtype=np.bool_),
        label=label[kept],
        event_id=event_id[kept],
        provenance=Provenance(
            source=f"{Path(path).name} ({request.format})",
            selection=f"{rows:,} rows, {len(kept):,} kept: {identity}, {rows - len(kept):,} repeated rows dropped",
            licence="not stated",
            record=f"sha256:{_digest(path, stamp)}",
            notes=(f"vectors: {names}", f"label: {request.label} ({request.label_type})"),
        ),
    )


def _check_columns(path: str, columns: dict[str, npt.NDArray[Any]]) -> None:
    lengths = {name: len(column) for name, column in columns.items()}
    if 0 in lengths.values():
        raise DataError(f"{path}: the table has no rows")
    if len(set(lengths.values())) > 1:
        stated = ", ".join(f"{name!r} {n}" for name, n in lengths.items())
        raise DataError(f"{path}: columns of unequal length: {stated}")
    for name, column in columns.items():
        if column.dtype.kind not in "fiub":
            raise DataError(f"{path}: column {name!r} does not hold numbers but {column.dtype}{_example(column)}")
        if column.dtype.kind == "f":
            bad = np.flatnonzero(~np.isfinite(column.reshape(len(column), -1)).all(axis=1))
            if len(bad):
                count = "1 row" if len(bad) == 1 else f"{len(bad):,} rows"
                raise DataError(
                    f"{path}: column {name!r} is missing or not finite in {count}, first in row {bad[0] + 1}"
                )


def _example(column: npt.NDArray[Any]) -> str:
    for row, value in enumerate(column.ravel()[:1000].tolist(), start=1):
        try:
            float(value)
        except (TypeError, ValueError):
            return f", first {str(value)[:40]!r} in row {row}"
    return ""


def _vector(path: str, columns: dict[str, npt.NDArray[Any]], names: str | tuple[str, ...]) -> FloatArray:
    if isinstance(names, str):
        array = columns[names]
        if array.ndim != 2:
            raise DataError(
                f"{path}: {names!r} has shape {array.shape}; a vector given by one name must be an array (N, d): "
                "otherwise list its columns, as in [[E, px, py, pz]]"
            )
        return array.astype(np.float64)
    for name in names:
        if columns[name].ndim != 1:
            raise DataError(f"{path}: column {name!r} has shape {columns[name].shape}, expected one number a row")
    return np.stack([columns[name].astype(np.float64) for name in names], axis=1)


def _label(path: str, column: npt.NDArray[Any], request: TableRequest) -> npt.NDArray[Any]:
    if column.ndim != 1:
        raise DataError(f"{path}: label {request.label!r} has shape {column.shape}, expected one number a row")
    if request.label_type == "number":
        return column.astype(np.float64)
    classes = column.astype(np.int64)
    if (classes != column).any():
        row = int(np.flatnonzero(classes != column)[0])
        raise DataError(
            f"{path}: column {request.label!r} should hold classes, but row {row + 1} holds {column[row]}: "
            "write classes as integers, or set `label_type: number`"
        )
    return classes
