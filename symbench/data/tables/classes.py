"""From the column of a label to classes: integers, truth values, words, categories, and one-hot columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from symbench.data.tables.base import Lists
from symbench.data.tables.columns import missing, numbers
from symbench.data.tables.grammar import Value
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Column

OTHER, MISSING = -1, -2
"""Classes of values that belong to no class, and of missing values."""


def one_label(path: str, names: Sequence[str], columns: Sequence[Column]) -> npt.NDArray[Any]:
    """One value a row: of a column (n,) or (n, 1), or the position of the 1 in one-hot columns.

    Rows without a 1 are masked. Raises DataError for any other shape, and for rows with more than one 1.
    """
    stated = ", ".join(names)
    arrays = [column for column in columns if not isinstance(column, Lists)]
    if len(arrays) < len(columns):
        raise DataError(f"{path}: label {stated!r} has a varying number of values a row")
    if len(arrays) > 1:
        if any(column.ndim != 1 for column in arrays):
            raise DataError(f"{path}: one-hot labels {stated} need one number a row in each column")
        return _one_hot(path, stated, np.stack([_as_numbers(path, stated, column) for column in arrays], axis=1))
    column = arrays[0]
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim == 2:
        return _one_hot(path, stated, _as_numbers(path, stated, column))
    if column.ndim != 1:
        raise DataError(f"{path}: label {stated!r} has shape {column.shape}, expected one number a row")
    return column


def classes_of(values: npt.NDArray[Any], classes: Sequence[Value], names: Sequence[str] = ()) -> npt.NDArray[np.int64]:
    """The class of each value by its number in `classes`; OTHER for other values, MISSING for missing ones.

    Text is compared with the classes as text; if it is none of them, with their names.
    """
    label = np.full(len(values), OTHER, dtype=np.int64)
    plain = np.ma.getdata(values)
    for number, value in enumerate(classes):
        label[_equal(plain, value)] = number
    if plain.dtype.kind == "U" and (label == OTHER).all():
        for number, name in enumerate(names):
            label[plain == name] = number
    label[missing(values)] = MISSING
    return label


def values_in(values: npt.NDArray[Any], most: int = 8) -> list[str]:
    """Some of the distinct values, as they would be written in a suite."""
    present = np.ma.getdata(values)[~missing(values)]
    distinct = np.unique(present)[: most + 1]
    shown = [str(value) for value in distinct[:most].tolist()]
    return [*shown, "…"] if len(distinct) > most else shown


def _equal(values: npt.NDArray[Any], value: Value) -> npt.NDArray[np.bool_]:
    if values.dtype.kind == "U":
        return np.asarray(values == str(value))
    if isinstance(value, str):
        return np.zeros(len(values), dtype=np.bool_)
    return np.asarray(values == value)


def _as_numbers(path: str, stated: str, column: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    if column.dtype.kind not in "fiub":
        raise DataError(f"{path}: one-hot labels {stated} hold text")
    return numbers(path, stated, column).astype(np.float64)


def _one_hot(path: str, stated: str, table: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The position of the 1 in each row; masked without one."""
    lacking = ~np.isfinite(table).all(axis=1)
    other = ~np.isin(table, (0.0, 1.0)).all(axis=1) & ~lacking
    if other.any():
        row = int(np.flatnonzero(other)[0])
        raise DataError(
            f"{path}: label {stated!r} has shape {table.shape} and is no one-hot label: expected one number a row, as "
            f"that of `{stated}[0]`; row {row + 1} holds {table[row, :8].tolist()}"
        )
    ones = (table == 1).sum(axis=1)
    if (ones[~lacking] > 1).any():
        row = int(np.flatnonzero(~lacking & (ones > 1))[0])
        raise DataError(f"{path}: one-hot label {stated} has {ones[row]} classes in row {row + 1}")
    return np.ma.MaskedArray(table.argmax(axis=1).astype(np.int64), mask=lacking | (ones == 0))
