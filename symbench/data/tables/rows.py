"""Which rows of a file are used: conditions of `where`, and rows with missing values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from symbench.data.tables.base import Lists
from symbench.data.tables.columns import missing, take_all
from symbench.data.tables.grammar import COMPARISONS, Condition
from symbench.data.tables.tally import Tally
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns

Rows = npt.NDArray[np.bool_]


def columns_of(where: Sequence[Condition]) -> list[str]:
    """The columns that conditions compare, each once."""
    return list(dict.fromkeys(name for condition in where for name in condition.columns))


def select(
    path: str, columns: Columns, where: Sequence[Condition], drop_missing: Sequence[str], tally: Tally, things: str
) -> Columns:
    """The rows that fulfil all conditions, and miss no value of the columns `drop_missing`; the others are counted.

    things  what a row is, "jets" or "rows"
    """
    rows = len(next(iter(columns.values())))
    kept: Rows = np.ones(rows, dtype=np.bool_)
    for condition in where:
        holds = _holds(path, columns, condition)
        tally.add(int((kept & ~holds).sum()), f"{things} without {condition} left out")
        kept &= holds
    for name in drop_missing:
        lacking = missing(columns[name])
        tally.add(int((kept & lacking).sum()), f"{things} without a value of {name!r} left out")
        kept &= ~lacking
    return take_all(columns, kept)


def _holds(path: str, columns: Columns, condition: Condition) -> Rows:
    """Rows in which a condition holds; it does not where a value is missing."""
    product = None
    lacking: Rows = np.zeros(0, dtype=np.bool_)
    for name in condition.columns:
        column = columns[name]
        if isinstance(column, Lists) or column.ndim != 1:
            raise DataError(f"{path}: where {condition}: {name!r} does not have one value a row")
        plain = np.ma.getdata(column)
        if plain.dtype.kind == "b":
            plain = plain.astype(np.int64)
        lacking = missing(column) if product is None else lacking | missing(column)
        product = plain if product is None else _product(product, plain)
    assert product is not None
    text = product.dtype.kind == "U"
    if text and len(condition.columns) > 1:
        raise DataError(f"{path}: where {condition}: text has no product")
    holds: Rows = np.zeros(len(product), dtype=np.bool_)
    for value in condition.values:
        if not text and isinstance(value, str):
            raise DataError(f"{path}: where {condition}: the column holds numbers, {value!r} is text")
        holds |= np.asarray(COMPARISONS[condition.comparison](product, str(value) if text else value))
    return holds & ~lacking


def _product(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """a · b; of integers whose product exceeds 63 bits as floating-point numbers."""
    if a.dtype.kind in "iu" and b.dtype.kind in "iu":
        wide = a.astype(np.float64) * b.astype(np.float64)
        return wide if len(wide) and np.abs(wide).max() >= 2.0**62 else a.astype(np.int64) * b.astype(np.int64)
    return np.asarray(a * b)
