"""Numbers that stand for a missing value, such as −999, where a suite states none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

STAND_INS = (-99.0, -999.0, -9999.0, -99999.0, -999999.0)
"""What writers of files put for a value that does not exist."""

_ISOLATED = 0.5  # all other numbers are larger than this fraction of it


def stand_in(columns: Sequence[npt.NDArray[Any]]) -> tuple[float, npt.NDArray[np.bool_]] | None:
    """The number that stands for missing values, and the rows (N,) that hold it in all columns; None if there is none.

    columns  arrays (N,), the components of one vector, or one column

    It is one of `STAND_INS`, in at least two rows, and lies far below all other values of the columns, so that whole
    numbers such as momenta in MeV that pass through −99 are not taken for it.
    """
    for value in STAND_INS:
        rows = columns[0] == value
        if np.count_nonzero(rows) < 2:
            continue
        rows = np.all([column == value for column in columns], axis=0)
        others = [column[~rows & np.isfinite(column)] for column in columns]
        isolated = all(len(other) == 0 or float(other.min()) > _ISOLATED * value for other in others)
        if np.count_nonzero(rows) >= 2 and (isolated or len(columns) > 2):
            return value, np.asarray(rows)
    return None
