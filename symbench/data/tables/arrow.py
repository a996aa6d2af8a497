"""Columns of an Arrow table as NumPy arrays; shared by the readers of CSV, Parquet and Feather."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symbench.data.tables.base import Lists
from symbench.data.tables.limits import MAXIMUM_VALUES, MAXIMUM_WIDTH
from symbench.data.tables.nested import array_at, is_list, plain_array, plain_type, type_at
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Column, Columns

_EXACT = 2.0**53  # integers beyond it lose digits as floating-point numbers


def columns_of(path: str, table: Any, found: Mapping[str, tuple[str, ...]]) -> Columns:
    """The columns of an Arrow table or record batch at the places that `nested.find` gave."""
    return {name: column_of(path, name, array_at(path, table, place)) for name, place in found.items()}


def column_of(path: str, name: str, column: Any) -> Column:
    """Numbers, truth values, text or lists of numbers; raises DataError for any other type.

    A missing number is NaN in a column of floating-point numbers. Integers, truth values and text with missing values
    become a masked array: as floating-point numbers, integers beyond 2⁵³ would lose digits.
    """
    import pyarrow as pa

    column = plain_array(column)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if is_list(kind):
        return _lists(path, name, column)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        values = np.array(column.fill_null("").to_pylist(), dtype=np.str_)
        return _with_missing(values, column)
    if pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
        kind = column.type
    if pa.types.is_floating(kind):
        return np.asarray(column.to_numpy(zero_copy_only=False))
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        filled = column.fill_null(False if pa.types.is_boolean(kind) else 0) if column.null_count else column
        return _with_missing(np.asarray(filled.to_numpy(zero_copy_only=False)), column)
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    raise DataError(f"{path}: column {name!r} does not hold numbers but {kind}")


def may_be_unsigned(column: Any) -> bool:
    """Whether integers of up to 64 bits were inferred as floating-point numbers, which drop their last digits."""
    import pyarrow as pa

    if not pa.types.is_floating(column.type):
        return False
    values = column.to_numpy()
    values = values[np.isfinite(values)]
    return bool(len(values) and values.max() >= _EXACT and values.min() >= 0 and (values == np.floor(values)).all())


def check_types(path: str, schema: Any, found: Mapping[str, tuple[str, ...]], rows: int) -> None:
    """Raise DataError for a column of another type, or of too many values, before it is read."""
    import pyarrow as pa

    for name, place in found.items():
        stated = kind = type_at(schema, place)
        width = 1
        while is_list(kind):
            width *= kind.list_size if pa.types.is_fixed_size_list(kind) else 1
            kind = plain_type(kind.value_type)
        if width > MAXIMUM_WIDTH or width * rows > MAXIMUM_VALUES:
            raise DataError(f"{path}: {name!r} has {width:,} values in each of {rows:,} rows, too many")
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        if pa.types.is_struct(kind):
            fields = ", ".join(f"{name}.{kind.field(i).name}" for i in range(min(kind.num_fields, 8)))
            raise DataError(f"{path}: column {name!r} holds objects: name their values, {fields}")
        if not (number or text or pa.types.is_boolean(kind) or pa.types.is_null(kind)):
            raise DataError(f"{path}: column {name!r} does not hold numbers but {stated}")


def _with_missing(values: np.ndarray[Any, Any], column: Any) -> Column:
    if not column.null_count:
        return values
    return np.ma.MaskedArray(values, mask=np.asarray(column.is_null().to_numpy(zero_copy_only=False)))


def _lists(path: str, name: str, column: Any) -> Column:
    """Lists of numbers; lists of lists of one length are rows of an array."""
    import pyarrow as pa

    fixed = pa.types.is_fixed_size_list(column.type)
    absent = None
    if column.null_count:
        absent = np.asarray(column.is_null().to_numpy(zero_copy_only=False))
        if fixed:
            column = column.cast(pa.large_list(column.type.value_type))
            fixed = False
    counts = np.asarray(column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)).astype(np.int64)
    values = column_of(path, name, column.flatten())
    if isinstance(values, Lists):
        width = int(values.counts[0]) if len(values.counts) else 1
        if (values.counts != width).any() or values.absent is not None:
            raise DataError(f"{path}: column {name!r} holds lists of lists of different lengths ({column.type})")
        values = values.values.reshape(len(values.counts), width, *values.values.shape[1:])
    if isinstance(values, np.ma.MaskedArray):
        if values.dtype.kind == "U":
            raise DataError(f"{path}: column {name!r} misses {int(np.ma.getmaskarray(values).sum()):,} texts in lists")
        values = np.where(np.ma.getmaskarray(values), np.nan, np.ma.getdata(values).astype(np.float64))
    if not fixed:
        return Lists(counts, values, absent)
    size = column.type.list_size
    inner = values.shape[1:]
    if math.prod((len(column), size)) != len(values):
        raise DataError(f"{path}: column {name!r} has {len(values):,} values for {len(column):,} rows of {size}")
    return values.reshape(len(column), size, *inner)
