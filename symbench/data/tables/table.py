"""From columns of a file to a data set: vectors, labels, one row an event, and what was left out.

Only the columns that are named get read, and a file is held in memory once, however many trials ask for it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from symbench.data.container import Dataset, Provenance, content_ids, first_rows
from symbench.data.tables.format import Format
from symbench.data.tables.readers import READERS
from symbench.errors import DataError, MissingDataError

FloatArray = npt.NDArray[np.float64]

MAXIMUM_ROWS = 10_000_000


@dataclass(frozen=True)
class TableRequest:
    """What to read out of a file.

    vectors     P entries: d column names, or the name of an array (N, d)
    event_id    columns whose values identify an event; the content of a row where empty
    """

    format: Format
    key: str | None
    vectors: tuple[str | tuple[str, ...], ...]
    label: str
    label_type: Literal["number", "class"]
    event_id: tuple[str, ...]

    def recipe(self) -> dict[str, Any]:
        """As JSON, for the identity of the data."""
        return asdict(self)

    def columns(self) -> tuple[str, ...]:
        """Every name that is needed, each once."""
        flat = [name for v in self.vectors for name in ((v,) if isinstance(v, str) else v)]
        return tuple(dict.fromkeys([*flat, self.label, *self.event_id]))


def read_table(path: str, request: TableRequest) -> Dataset:
    """The data set that a file holds; raises DataError naming file, column and row of what is wrong."""
    return _read(path, request, _stamp(path))


def file_digest(path: str) -> str:
    """SHA-256 of the file; raises DataError when it cannot be read."""
    return _digest(path, _stamp(path))


def check_algebra(matrices: npt.ArrayLike | Sequence[Any], dimension: int, where: str) -> FloatArray:
    """Generators (k, d, d) that are finite, independent and fit the data; raises DataError."""
    try:
        found = np.array(matrices, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: not a list of equal square matrices: {error}") from error
    if found.size == 0:
        return np.zeros((0, dimension, dimension))
    if found.ndim != 3 or found.shape[1:] != (dimension, dimension):
        raise DataError(f"{where}: generators of shape {found.shape[1:]}, the vectors have {dimension} components")
    if not np.isfinite(found).all():
        raise DataError(f"{where}: a generator is not finite")
    rank = int(np.linalg.matrix_rank(found.reshape(len(found), -1)))
    if rank < len(found):
        raise DataError(f"{where}: {len(found)} generators of which only {rank} are independent")
    return found


def _stamp(path: str) -> tuple[int, int]:
    """Modification time and size: a file that changed is read again."""
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
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error


@lru_cache(maxsize=2)
def _read(path: str, request: TableRequest, stamp: tuple[int, int]) -> Dataset:
    columns = READERS[request.format](path, request.columns(), request.key, MAXIMUM_ROWS)
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
        raise DataError(f"{path}: column {request.label!r} has the same value in every event: nothing depends on it")
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
                f"{path}: {names!r} has shape {array.shape}; a vector named alone must be an array (N, d), "
                "else list its columns, as in [[E, px, py, pz]]"
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
            f"{path}: column {request.label!r} is to be a class, but row {row + 1} holds {column[row]}: "
            "give classes as integers, or set `label_type: number`"
        )
    return classes
