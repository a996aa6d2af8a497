"""Parameters that are a symmetry of four-momenta: a name, another entry's generators, or matrices in the suite."""

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
Symmetry = str | From | tuple[Matrix, ...]
"""A name, another entry whose generators a trial is given, or generators (k, 4, 4), k ≥ 1, on (E, px, py, pz)."""

_D = 4


def symmetry_named(names: Collection[str]) -> BeforeValidator:
    """The validator of a parameter of type `Symmetry` with these names."""

    def check(value: Any) -> Any:
        if isinstance(value, str):
            if value not in names:
                raise ValueError(f"no symmetry of this name; {nearest(value, names)}")
        elif _is_list(value):
            if not value:
                raise ValueError("generators are at least one matrix")
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


def as_generators(symmetry: Symmetry, named: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Generators (k, 4, 4) of a symmetry; raises RuntimeError for another entry's that were not given."""
    import numpy as np

    if isinstance(symmetry, From):
        raise RuntimeError(f"the generators of {symmetry.entry!r} are there only in a trial that was given them")
    return named[symmetry] if isinstance(symmetry, str) else np.array(symmetry)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
