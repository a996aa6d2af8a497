"""Integer vectors that span a null space, as short as possible: exact Gaussian elimination and LLL reduction."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

_DELTA, _MOST_STEPS = 0.75, 20_000


def integer_null_space(rows: Integers) -> Integers:
    """A reduced integer basis (k, m) of {q : rows · q = 0} for integer rows (n, m); k = m without rows.

    The basis is that of the reduced row echelon form, cleared of denominators and LLL-reduced (Lenstra, Lenstra and
    Lovász, Math. Ann. 261 (1982) 515): sparse and short, each vector without a common divisor.
    """
    m = rows.shape[1]
    echelon: dict[int, list[Fraction]] = {}  # by pivot column; every pivot column is zero in the other rows
    for row in np.unique(rows, axis=0).tolist():
        left = [Fraction(entry) for entry in row]
        for pivot, known in echelon.items():
            if left[pivot]:
                factor = left[pivot]
                left = [a - factor * b for a, b in zip(left, known, strict=True)]
        pivot = next((column for column, entry in enumerate(left) if entry), -1)
        if pivot < 0:
            continue
        left = [entry / left[pivot] for entry in left]
        for other, known in echelon.items():
            if known[pivot]:
                factor = known[pivot]
                echelon[other] = [a - factor * b for a, b in zip(known, left, strict=True)]
        echelon[pivot] = left
    basis = []
    for column in range(m):
        if column not in echelon:
            vector = [Fraction(0)] * m
            vector[column] = Fraction(1)
            for pivot, known in echelon.items():
                vector[pivot] = -known[column]
            basis.append(_cleared(vector))
    return shortest_basis(np.array(basis, dtype=np.int64).reshape(-1, m))


def shortest_basis(vectors: Integers) -> Integers:
    """The LLL-reduced basis (k, m) of the lattice of linearly independent integer vectors (k, m)."""
    rows = [_primitive(row) for row in vectors.tolist()]
    return np.array(_reduced(rows), dtype=np.int64).reshape(vectors.shape)


def _cleared(vector: list[Fraction]) -> list[int]:
    whole = lcm(*(entry.denominator for entry in vector))
    return _primitive([int(entry * whole) for entry in vector])


def _primitive(vector: list[int]) -> list[int]:
    divisor = gcd(*vector) or 1
    return [entry // divisor for entry in vector]


def _reduced(basis: list[list[int]]) -> list[list[int]]:
    """LLL: the steps are exact, and chosen in double precision, which suffices for the small entries here."""
    rows = [list(row) for row in basis]
    k = 1
    for _ in range(_MOST_STEPS):
        if k >= len(rows):
            break
        for j in range(k - 1, -1, -1):
            triangle = _triangle(rows[: k + 1])
            nearest = round(float(triangle[j, k] / triangle[j, j]))
            if nearest:
                rows[k] = [a - nearest * b for a, b in zip(rows[k], rows[j], strict=True)]
        triangle = _triangle(rows[: k + 1])
        projected = triangle[k, k] ** 2 + triangle[k - 1, k] ** 2
        if projected >= _DELTA * triangle[k - 1, k - 1] ** 2:
            k += 1
        else:
            rows[k], rows[k - 1] = rows[k - 1], rows[k]
            k = max(k - 1, 1)
    return [_primitive(row) for row in rows]


def _triangle(rows: list[list[int]]) -> npt.NDArray[np.float64]:
    """R of the QR decomposition of the rows as columns: |R_jj| are the lengths of the orthogonalised rows."""
    return np.asarray(np.linalg.qr(np.array(rows, dtype=np.float64).T, mode="r"))
