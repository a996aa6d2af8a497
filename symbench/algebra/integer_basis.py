"""Integer vectors that span a null space, as short as possible: exact Gaussian elimination and LLL reduction."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


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
    return np.array(_reduced(basis), dtype=np.int64).reshape(-1, m)


def _cleared(vector: list[Fraction]) -> list[int]:
    whole = lcm(*(entry.denominator for entry in vector))
    return _primitive([int(entry * whole) for entry in vector])


def _primitive(vector: list[int]) -> list[int]:
    divisor = gcd(*vector) or 1
    return [entry // divisor for entry in vector]


def _reduced(basis: list[list[int]], delta: Fraction = Fraction(3, 4)) -> list[list[int]]:
    """LLL in exact arithmetic; the bases here have at most some tens of vectors."""
    rows = [list(row) for row in basis]
    k = 1
    while k < len(rows):
        stars, mu = _gram_schmidt(rows[: k + 1])
        for j in range(k - 1, -1, -1):
            nearest = round(mu[k][j])
            if nearest:
                rows[k] = [a - nearest * b for a, b in zip(rows[k], rows[j], strict=True)]
                for i in range(j):
                    mu[k][i] -= nearest * mu[j][i]
                mu[k][j] -= nearest
        if stars[k] >= (delta - mu[k][k - 1] ** 2) * stars[k - 1]:
            k += 1
        else:
            rows[k], rows[k - 1] = rows[k - 1], rows[k]
            k = max(k - 1, 1)
    return [_primitive(row) for row in rows]


def _gram_schmidt(rows: list[list[int]]) -> tuple[list[Fraction], list[list[Fraction]]]:
    """Squared lengths of the orthogonalised rows, and the coefficients μ."""
    orthogonal: list[list[Fraction]] = []
    lengths: list[Fraction] = []
    mu: list[list[Fraction]] = []
    for row in rows:
        left = [Fraction(entry) for entry in row]
        factors = []
        for known, length in zip(orthogonal, lengths, strict=True):
            factor = sum((a * b for a, b in zip(row, known, strict=True)), Fraction(0)) / length
            left = [a - factor * b for a, b in zip(left, known, strict=True)]
            factors.append(factor)
        orthogonal.append(left)
        lengths.append(sum((a * a for a in left), Fraction(0)))
        mu.append(factors)
    return lengths, mu
