"""Parameters that are a symmetry of vectors: a name, the generators of another entry, or matrices."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BeforeValidator

from symbench.errors import nearest
from symbench.trial.reference import From

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Matrix = tuple[tuple[float, ...], ...]
SymmetryParameter = str | From | tuple[Matrix, ...]
"""A name; another entry, whose generators replace it in a trial; or generators (k, d, d), k ≥ 1; of classifiers
d = 4, on (E, px, py, pz)."""

_D = 4  # of four-momenta

NORM = 2**0.5
"""Frobenius norm of the generator of a rotation in a plane by 1 rad, and of a boost by rapidity 1."""


def symmetry_named(names: Collection[str], *, dimension: int | None = _D) -> BeforeValidator:
    """The validator of a `SymmetryParameter` with these names; matrices of any dimension if it is None."""
    size = "" if dimension is None else f"{dimension} × {dimension} "

    def check(value: Any) -> Any:
        if isinstance(value, str):
            if value not in names:
                raise ValueError(f"no symmetry has this name; {nearest(value, names)}")
        elif _is_list(value):
            if not value:
                raise ValueError("generators must be at least one matrix")
            return _matrices(value, dimension)
        elif not isinstance(value, From | Mapping):
            raise ValueError(f"a symmetry is one of {', '.join(names)}, {{from: ENTRY}}, or a list of {size}matrices")
        return value

    return BeforeValidator(check)


def matrices(dimension: int | None = _D) -> BeforeValidator:
    """The validator of a list of square matrices of one size, which may be empty."""

    def check(value: Any) -> Any:
        return _matrices(value, dimension) if _is_list(value) else value

    return BeforeValidator(check)


def _matrices(values: Sequence[Any], dimension: int | None) -> tuple[Matrix, ...]:
    found = tuple(matrix(entry, dimension) for entry in values)
    if len({len(each) for each in found}) > 1:
        raise ValueError("the matrices have different sizes")
    return found


def matrix(value: Any, dimension: int | None = _D) -> Matrix:
    """A finite square matrix as nested tuples; raises ValueError if it has another dimension, or is no such matrix."""
    rows = [[*row] if _is_list(row) else [] for row in value] if _is_list(value) else []
    entries = [entry for row in rows for entry in row]
    numbers = all(isinstance(entry, int | float) and not isinstance(entry, bool) for entry in entries)
    size = dimension or len(rows)
    square = size > 0 and [len(row) for row in rows] == [size] * size
    if not square or not numbers or not all(math.isfinite(entry) for entry in entries):
        words = "four rows of four finite numbers" if dimension == _D else "as many rows as columns, of finite numbers"
        raise ValueError(f"a matrix has {words}")
    return tuple(tuple(float(entry) for entry in row) for row in rows)


def as_generators(symmetry: SymmetryParameter, named: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Generators (k, d, d) of a symmetry; raises RuntimeError for another entry whose generators are not there."""
    import numpy as np

    if isinstance(symmetry, From):
        raise RuntimeError(
            f"the generators of {symmetry.entry!r} are available only in a trial that has that entry's result"
        )
    return named[symmetry] if isinstance(symmetry, str) else np.array(symmetry)


def normalised_generators(
    symmetry: SymmetryParameter, named: Mapping[str, Callable[[], npt.NDArray[np.float64]]]
) -> npt.NDArray[np.float64]:
    """Generators of a named group, or an orthonormal basis of the span of others, times the norm of a rotation.

    That is √2, the Frobenius norm of the generator of a rotation by 1 rad, and of a boost by rapidity 1. Raises
    ValueError if all generators are zero.
    """
    from symbench.algebra.subspace import orthonormal_generators

    if isinstance(symmetry, str):
        return named[symmetry]()
    basis = orthonormal_generators(as_generators(symmetry, {}))
    if not len(basis):
        raise ValueError("all generators are zero: they transform nothing")
    return NORM * basis


def weighted_generators(
    generators: npt.NDArray[np.float64], defects: Sequence[float] | None
) -> npt.NDArray[np.float64]:
    """Generators (k, d, d) of norm √2, each times δ/δₐ: the smallest of the defects δₐ over its own; 1 without defects.

    Raises ValueError if there is not one defect for each generator, or if one of these is zero.
    """
    import numpy as np

    lengths = np.linalg.norm(generators, axis=(1, 2))
    if not lengths.all():
        raise ValueError("a generator is zero: it transforms nothing")
    weights = np.ones(len(generators)) if defects is None else min(defects) / np.array(defects)
    if len(weights) != len(generators):
        raise ValueError(f"there are {len(weights)} defects for {len(generators)} generators")
    scaled: npt.NDArray[np.float64] = NORM * generators * (weights / lengths)[:, None, None]
    return scaled


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
