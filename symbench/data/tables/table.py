"""From the columns of a file to a data set: vectors, labels, one row an event, and the count of dropped rows.

Only the named columns are read, and a file is held in memory once, however many trials use it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench import registry
from symbench.data.container import Dataset, Provenance, content_ids, first_rows
from symbench.data.tables.base import TableReader
from symbench.data.tables.columns import ColumnSource, read_columns, take
from symbench.data.tables.parts import groups_of
from symbench.data.tables.request import TableRequest
from symbench.data.tables.rows import select
from symbench.data.tables.tally import Tally
from symbench.data.tables.vectors import label_of, vectors_of
from symbench.errors import DataError, MissingDataError
from symbench.files import sha256_of

FloatArray = npt.NDArray[np.float64]

READER = "2"  # raise it whenever the same file would give other arrays

MAXIMUM_ROWS = 10_000_000


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
    tally = Tally(request.accept)
    columns = read_columns(
        path, request.columns(), ColumnSource(request.format, request.key, request.offsets), MAXIMUM_ROWS
    )
    rows = len(next(iter(columns.values()), ()))
    if not rows:
        raise DataError(f"{path}: the table has no rows")
    needed = [*request.components(), *request.labels(), *request.event_id] if request.drop_missing else []
    columns = select(path, columns, request.where, needed, tally, "rows")
    vectors, used = vectors_of(path, columns, request, tally)
    columns = {name: take(column, used) for name, column in columns.items()}
    label, classes = label_of(path, columns, vectors, request)
    if request.event_id:
        event_id = groups_of(path, request.event_id, [columns[name] for name in request.event_id], tally)
        identity = "one row of each (" + ", ".join(request.event_id) + ")"
    else:
        event_id = content_ids(vectors, label)
        identity = "one row of each content"
    kept = first_rows(event_id)
    repeated = len(event_id) - len(kept)
    if repeated > len(kept):
        tally.stop("repeated", f"{path}: {repeated:,} of {len(event_id):,} rows repeat another one ({identity})")
    if len(np.unique(label[kept])) < 2:
        stated = request.derived or ", ".join(request.labels())
        raise DataError(f"{path}: column {stated!r} has the same value in every event, so it labels nothing")
    names = "; ".join(v if isinstance(v, str) else ", ".join(v) for v in request.vectors)
    coordinates = "" if request.coordinates is None else f" ({request.coordinates})"
    return Dataset(
        vectors=vectors[kept],
        mask=np.ones(vectors[kept].shape[:2], dtype=np.bool_),
        label=label[kept],
        event_id=event_id[kept],
        provenance=Provenance(
            source=f"{Path(path).name} ({request.format})",
            selection="; ".join(
                (
                    f"{rows:,} rows, {len(kept):,} kept: {identity}, {repeated:,} repeated rows dropped",
                    *tally.sentences(),
                )
            ),
            licence="not stated",
            record=f"sha256:{_digest(path, stamp)}",
            notes=(
                f"vectors: {names}{coordinates}",
                f"label: {request.derived or ', '.join(request.labels())} ({request.label_type})",
                *([f"unit: {request.unit}"] if request.unit is not None else []),
                *([f"classes: {classes}"] if classes else []),
                *reader().notes(path),
            ),
        ),
    )
