"""Parameters that are a symmetry of four-momenta: a name, the generators of another entry, or matrices."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BeforeValidator

from symbench.errors import nearest
from symbench.trial.reference import From

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Matrix = tuple[tuple[float, ...], ...]
SymmetryParameter = str | From | tuple[Matrix, ...]
"""A name; another entry, whose generators replace it in a trial; or generators (k, 4, 4), k ≥ 1, on (E, px, py, pz)."""

_D = 4


def symmetry_named(names: Collection[str]) -> BeforeValidator:
    """The validator of a `SymmetryParameter` with these names."""

    def check(value: Any) -> Any:
        if isinstance(value, str):
            if value not in names:
                raise ValueError(f"no symmetry has this name; {nearest(value, names)}")
        elif _is_list(value):
            if not value:
                raise ValueError("generators must be at least one matrix")
            return tuple(matrix(entry) for entry in value)
        elif not isinstance(value, From | Mapping):
            raise ValueError(f"a symmetry is one of {', '.join(names)}, {{from: ENTRY}}, or a list of 4 × 4 matrices")
        return value

    return BeforeValidator(check)


def matrix(value: Any) -> Matrix:
    """A finite 4 × 4 matrix as nested tuples; raises ValueError."""
    rows = [[*row] if _is_list(row) else [] for row in value] if _is_list(value) else []
    entries = [entry for row in rows for entry in row]
    numbers = all(isinstance(entry, int | float) and not isinstance(entry, bool) for entry in entries)
    if [len(row) for row in rows] != [_D] * _D or not numbers or not all(math.isfinite(entry) for entry in entries):
        raise ValueError("a matrix has four rows of four finite numbers")
    return tuple(tuple(float(entry) for entry in row) for row in rows)


def as_generators(symmetry: SymmetryParameter, named: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Generators (k, 4, 4) of a symmetry; raises RuntimeError for another entry whose generators are not there."""
    import numpy as np

    if isinstance(symmetry, From):
        raise RuntimeError(
            f"the generators of {symmetry.entry!r} are available only in a trial that has that entry's result"
        )
    return named[symmetry] if isinstance(symmetry, str) else np.array(symmetry)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
