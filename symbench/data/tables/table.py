"""From the columns of a file to a data set: vectors, labels, one row an event, and the count of dropped rows.

Only the named columns are read, and a file is held in memory once, however many trials use it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from symbench import registry
from symbench.data.container import Dataset, Provenance, first_rows
from symbench.data.hashing import row_ids
from symbench.data.tables.base import TableReader
from symbench.data.tables.columns import ColumnSource, joined, read_columns, take_all
from symbench.data.tables.parts import PARTS, groups_of, parts_of_column
from symbench.data.tables.request import TableFile, TableRequest
from symbench.data.tables.rows import select
from symbench.data.tables.tally import Tally
from symbench.data.tables.vectors import label_column, label_of, rows_with_values, vectors_of, weight_column
from symbench.data.tables.whole_rows import check_files, check_twins
from symbench.data.weights import description, unweighted
from symbench.errors import DataError, MissingDataError
from symbench.files import sha256_of

FloatArray = npt.NDArray[np.float64]

READER = "3"  # raise it whenever the same file would give other arrays

MAXIMUM_ROWS = 10_000_000


def read_table(path: str, request: TableRequest) -> Dataset:
    """The data set in a file; raises DataError with the file, column and row of what is wrong."""
    return read_tables((TableFile(path),), request)


def read_tables(files: Sequence[TableFile], request: TableRequest) -> Dataset:
    """The data set in several files, whose rows follow one another; raises DataError."""
    stamps = tuple(_stamp(file.path) for file in files)
    return _read(tuple(files), request, registry.find_reader(request.format), stamps)


def digests(files: Sequence[TableFile]) -> list[list[Any]]:
    """SHA-256 of each file, with its part and word if it has one; raises DataError."""
    return [[file_digest(f.path), *([f.part, f.word] if f.part is not None else [])] for f in files]


def names_of_files(paths: Sequence[str]) -> str:
    """The names of the first files, and how many there are more."""
    names = list(dict.fromkeys(Path(path).name for path in paths))
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


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


class _Rows(NamedTuple):
    """The rows of one file that are used: vectors (n, P, d), label column, events and parts if there are such."""

    name: str
    read: int
    vectors: FloatArray
    label: npt.NDArray[Any] | None
    event_id: npt.NDArray[np.uint64] | None
    part: npt.NDArray[np.uint8] | None
    weight: npt.NDArray[np.float64] | None


@lru_cache(maxsize=2)
def _read(
    files: tuple[TableFile, ...],
    request: TableRequest,
    reader: type[TableReader],
    stamps: tuple[tuple[int, int], ...],
) -> Dataset:
    tally = Tally(request.accept)
    where = files[0].path if len(files) == 1 else names_of_files([file.path for file in files])
    pieces = [piece for file in files if (piece := _rows(file, request.for_word(file.word), tally)) is not None]
    if not pieces:
        raise DataError(f"{where}: the table has no rows")
    vectors = _together(where, [piece.vectors for piece in pieces])
    columns = [piece.label for piece in pieces if piece.label is not None]
    label, classes = label_of(where, _label_together(where, columns), vectors, request)
    if request.event_id:
        event_id = np.concatenate([piece.event_id for piece in pieces if piece.event_id is not None])
        identity = "one row of each (" + ", ".join(request.event_id) + ")"
    else:
        event_id = row_ids(vectors, label)
        identity = "one row of each content"
    kept = first_rows(event_id)
    repeated = len(event_id) - len(kept)
    check_files(where, [piece.name for piece in pieces], [piece.vectors for piece in pieces], tally)
    if repeated > len(kept):
        tally.stop("repeated", f"{where}: {repeated:,} of {len(event_id):,} rows repeat another one ({identity})")
    stated = request.derived or ", ".join(request.labels())
    if repeated:
        vectors, label, event_id = vectors[kept], label[kept], event_id[kept]
    check_twins(where, vectors, tally)
    if stated and (label == label[0]).all():
        raise DataError(f"{where}: column {stated!r} has the same value in every event, so it labels nothing")
    parts = [piece.part for piece in pieces if piece.part is not None]
    part = np.concatenate(parts)[kept] if parts else None
    weights = [piece.weight for piece in pieces if piece.weight is not None]
    weighted = ""
    if request.weight is not None:
        weight = np.concatenate(weights)[kept]
        rows = unweighted(where, request.weight, weight, event_id)
        weighted = f"weight {request.weight}: {description(weight)}; events are accepted with probability w / max w"
        tally.add(int((~rows).sum()), f"events not accepted by their weight {request.weight}")
        vectors, label, event_id = vectors[rows], label[rows], event_id[rows]
        part = None if part is None else part[rows]
    names = "; ".join(v if isinstance(v, str) else ", ".join(v) for v in request.vectors)
    coordinates = "" if request.coordinates is None else f" ({request.coordinates})"
    read = sum(piece.read for piece in pieces)
    return Dataset(
        vectors=vectors,
        mask=np.ones(vectors.shape[:2], dtype=np.bool_),
        label=label,
        event_id=event_id,
        provenance=Provenance(
            source=f"{names_of_files([file.path for file in files])} ({request.format})",
            selection="; ".join(
                (
                    f"{read:,} rows, {len(kept):,} kept: {identity}, {repeated:,} repeated rows dropped",
                    *tally.sentences(),
                )
            ),
            licence="not stated",
            record="; ".join(f"sha256:{_digest(file.path, stamp)}" for file, stamp in zip(files, stamps, strict=True)),
            notes=(
                f"vectors: {names}{coordinates}",
                *([f"label: {stated} ({request.label_type})"] if stated else []),
                *([f"unit: {request.unit}"] if request.unit is not None else []),
                *([f"classes: {classes}"] if classes else []),
                *([weighted] if weighted else []),
                *([_split_note(part)] if part is not None else []),
                *dict.fromkeys(note for file in files for note in reader().notes(file.path)),
            ),
        ),
        part=part,
    )


def _rows(file: TableFile, request: TableRequest, tally: Tally) -> _Rows | None:
    """The rows of one file; None, and a count, if it has none."""
    path = file.path
    columns = read_columns(
        path, request.columns(), ColumnSource(request.format, request.key, request.offsets), MAXIMUM_ROWS
    )
    rows = len(next(iter(columns.values()), ()))
    if not rows:
        tally.add(1, f"file without rows ({Path(path).name})")
        return None
    needed = (
        [*request.components(), *request.labels(), *request.event_id, *request.weights()]
        if request.drop_missing
        else []
    )
    columns = select(path, columns, request.where, needed, tally, "rows")
    if request.drop_missing:
        columns = take_all(columns, rows_with_values(path, columns, request, tally))
    part = None if file.part is None else np.full(len(next(iter(columns.values()))), file.part, dtype=np.int64)
    if request.split is not None:
        part = parts_of_column(path, request.split, columns[request.split], request.split_values, tally)
        columns = take_all(columns, part >= 0)
        part = part[part >= 0]
    vectors, used = vectors_of(path, columns, request, tally)
    columns = take_all(
        {name: columns[name] for name in (*request.labels(), *request.event_id, *request.weights())}, used
    )
    event_id = None
    if request.event_id:
        event_id = groups_of(path, request.event_id, [columns[name] for name in request.event_id], tally)
    return _Rows(
        Path(path).name,
        rows,
        vectors,
        label_column(path, columns, request, tally),
        event_id,
        None if part is None else part[used].astype(np.uint8),
        weight_column(path, columns, request, tally),
    )


def _together(where: str, pieces: Sequence[FloatArray]) -> FloatArray:
    shapes = {piece.shape[1:] for piece in pieces}
    if len(shapes) > 1:
        stated = " and ".join(f"{vectors} of {components} components" for vectors, components in sorted(shapes))
        raise DataError(f"{where}: the files have different numbers of vectors: {stated}")
    rows = sum(map(len, pieces))
    if rows > MAXIMUM_ROWS:
        raise DataError(f"{where}: {rows:,} rows, more than {MAXIMUM_ROWS:,}, the most that is read")
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _label_together(where: str, columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any] | None:
    if not columns:
        return None
    if len({column.dtype.kind == "U" for column in columns}) > 1:
        raise DataError(f"{where}: the label holds words in one file and numbers in another")
    return joined(columns)


def _split_note(part: npt.NDArray[np.uint8]) -> str:
    counts = np.bincount(part, minlength=len(PARTS)).tolist()
    return "own split: " + ", ".join(f"{count:,} {name}" for count, name in zip(counts, PARTS, strict=True) if count)
