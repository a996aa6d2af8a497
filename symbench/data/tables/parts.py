"""To train, validate or test: by a column of the file, by file or array, or by a hash of the event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.hashing import hash_ids, row_ids
from symbench.data.tables.base import Lists
from symbench.data.tables.classes import OTHER, classes_of, values_in
from symbench.data.tables.grammar import Value
from symbench.data.tables.tally import Tally
from symbench.errors import DataError

PARTS = ("train", "validation", "test")

_SALT = 0x47525550  # "GRUP": groups are split by a hash that no trial's seed changes
_WORDS: dict[int, tuple[str, ...]] = {
    0: ("train", "training"),
    1: ("val", "valid", "validation", "dev"),
    2: ("test", "testing"),
}


def parts_of_column(
    path: str, name: str, column: Any, stated: Sequence[Sequence[Value]] | None, tally: Tally
) -> npt.NDArray[np.int64]:
    """The part of each row: 0 to train, 1 to validate, 2 to test; negative for other values.

    stated  the values of the three parts; by default 0, 1 and 2, or the words train, val and test
    """
    if isinstance(column, Lists) or column.ndim != 1:
        raise DataError(f"{path}: the split {name!r} does not have one value a row")
    part = np.full(len(column), OTHER, dtype=np.int64)
    text = column.dtype.kind == "U"
    plain: Any = np.char.lower(np.ma.getdata(column)) if text and stated is None else column
    for number in range(3):
        values = stated[number] if stated is not None else _WORDS[number] if text else (number,)
        part[classes_of(plain, list(values)) >= 0] = number
    if len(part) and (part < 0).all():
        raise DataError(
            f"{path}: the split {name!r} holds {', '.join(values_in(column))}: state the values of each part, as in "
            f"`split: {{column: {name}, train: [0], validation: [1], test: [2]}}`"
        )
    tally.add(int((part < 0).sum()), f"rows of no part of the split {name!r} left out")
    return part


def groups_of(path: str, names: Sequence[str], columns: Sequence[Any], tally: Tally) -> npt.NDArray[np.uint64]:
    """A 64-bit identity of each event from the columns that number it. Raises DataError for missing values."""
    for name, column in zip(names, columns, strict=True):
        check_event_number(path, name, column, tally)
    return row_ids(*(np.ma.getdata(column) for column in columns))


def check_event_number(path: str, name: str, column: Any, tally: Tally) -> None:
    """Raise DataError for a column that does not identify events: missing values, or numbers that lost their digits."""
    from symbench.data.tables.columns import missing

    if isinstance(column, Lists):
        raise DataError(f"{path}: event number {name!r} has a varying number of values a row")
    lacking = missing(column)
    if lacking.any():
        raise DataError(f"{path}: event number {name!r} is missing in {lacking.sum():,} rows, first in row "
                        f"{int(np.flatnonzero(lacking)[0]) + 1}")  # fmt: skip
    if column.dtype.kind == "f" and len(column):
        most = float(np.abs(column).max())
        exact = 2.0 ** (np.finfo(column.dtype).nmant + 1)
        if most >= exact:
            tally.stop(
                "event-numbers",
                f"{path}: event numbers {name!r} are floating-point numbers up to {most:.17g}, beyond "
                f"{exact:.0f} different events have the same number",
            )


def parts_of_groups(groups: npt.NDArray[np.uint64], test: float, validation: float) -> npt.NDArray[np.int64]:
    """The part of each row by a fixed hash of its event, so that an event is in one part; in about these fractions."""
    u = hash_ids(groups, _SALT).astype(np.float64) / 2.0**64
    return np.where(u < test, 2, np.where(u < test + validation, 1, 0)).astype(np.int64)
