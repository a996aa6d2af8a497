"""Bounds on what is read from a file, and the errors for what lies beyond them; shared by all readers."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from symbench.errors import DataError, nearest

if TYPE_CHECKING:
    import numpy as np

MAXIMUM_WIDTH = 10_000
"""Values that one array may have in a row, and columns that a CSV file may have."""

MAXIMUM_TEXTS = 2_000_000
"""Texts in one column: words of a label, not numbers."""

MAXIMUM_TEXT = 256
"""Bytes of a text of fixed length."""

MAXIMUM_VALUES = 100_000_000
"""Values in one array: a file of a few bytes can state a shape that fits in no memory."""


def require(path: str, names: Sequence[str], known: Collection[str], kind: str = "column") -> None:
    """Raise DataError for the first name that the file lacks, with the nearest name that it has."""
    for name in names:
        if name not in known:
            hint = nearest(name, known)
            if hint.startswith("known: ") and len(known) > 30:
                hint = f"there are {len(known)}, among them {', '.join(sorted(known)[:10])}"
            raise DataError(f"{path}: no {kind} {name!r}; {hint}")


def written_name(name: str, known: Collection[str]) -> str:
    """The name as a file has it: `Muon_pt` also names the value `Muon.pt` of a collection."""
    if name in known:
        return name
    dotted = (f"{name[:at]}.{name[at + 1 :]}" for at, mark in enumerate(name) if mark == "_")
    return next((other for other in dotted if other in known), name)


def refuse_key(path: str, key: str | None, format: str) -> None:
    """Raise DataError if a key is set although files of this format have one table only."""
    if key is not None:
        raise DataError(f"{path}: a {format} file has one table, `key` {key!r} means nothing here")


def limit_rows(path: str, rows: int, maximum: int) -> None:
    """Raise DataError for more than `maximum` rows."""
    if rows > maximum:
        raise DataError(f"{path}: more than {maximum:,} rows, the most that is read")


def limit_shape(path: str, name: str, shape: tuple[int, ...], maximum_rows: int) -> None:
    """Raise DataError unless `shape` is that of a column within all bounds."""
    if not shape:
        raise DataError(f"{path}: {name!r} is a single number, not a column")
    if min(shape) < 0:
        raise DataError(f"{path}: {name!r} states the shape {shape}")
    limit_rows(path, shape[0], maximum_rows)
    if math.prod(shape[1:]) > MAXIMUM_WIDTH:
        raise DataError(f"{path}: {name!r} has shape {shape}, more than {MAXIMUM_WIDTH:,} values a row")
    if math.prod(shape) > MAXIMUM_VALUES:
        raise DataError(f"{path}: {name!r} has shape {shape}, more than {MAXIMUM_VALUES:,} values")


def require_values(path: str, kind: str, name: str, dtype: np.dtype[Any], rows: int) -> None:
    """Raise DataError unless the type is boolean, integer, floating point, or text of a moderate length and number."""
    text = dtype.kind in "SU"
    if dtype.kind not in "fiubSU" or (text and (dtype.itemsize > 4 * MAXIMUM_TEXT or rows > MAXIMUM_TEXTS)):
        raise DataError(f"{path}: {kind} {name!r} does not hold numbers but {dtype}{' in each row' if text else ''}")


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, or its type."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
