"""Names of recognisable generators: rotations, boosts, dilations, single entries, and short sums of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_NOISE = 0.12  # entries below this share of the largest are noise
_RESIDUAL = 0.15  # sine of the largest angle between a matrix and that of its label
_TERMS = 4  # largest number of terms of a label
_MULTIPLES = 2  # weights are written as whole multiples of the smallest one if none is larger than this
_FOUR_MOMENTA = {
    ("B", 0, 1): "K_x",
    ("B", 0, 2): "K_y",
    ("B", 0, 3): "K_z",
    ("R", 2, 3): "J_x",
    ("R", 1, 3): "J_y",
    ("R", 1, 2): "J_z",
}
_KINDS = ("R", "B", "D", "H", "E")


@dataclass(frozen=True)
class Term:
    """weight × R_ij (turns axis i to axis j: +1 at (j, i), −1 at (i, j)), B_ij, E_ij, H_ij = E_ii − E_jj, or D."""

    kind: str
    i: int
    j: int
    weight: float


@dataclass(frozen=True)
class Labelled:
    """A matrix and the terms of its label, without terms if it is not recognised.

    A labelled matrix is scaled so that its first weight is positive. If all weights are small whole multiples of the
    smallest, that is 1, as in E_11 + E_22 − 2 E_33; otherwise the largest is 1 and the others have one digit, as in
    K_x + 0.2 J_y for a boost with an admixture.
    """

    matrix: FloatArray
    terms: tuple[Term, ...]

    def order(self, four_momenta: bool) -> tuple[object, ...]:
        """The sort key: elements of one term first, by kind and axes or by x, y, z; unlabelled elements last."""
        places = [(_KINDS.index(t.kind), t.i, t.j) for t in self.terms]
        name = self.name(True)
        if four_momenta and name is not None and name in _FOUR_MOMENTA.values():
            places = [(places[0][0], "xyz".index(name[-1]), 0)]
        return (not self.terms, len(self.terms), places, [-abs(float(v)) for v in self.matrix.ravel()])

    def is_pair(self, kind: str, axis: int) -> bool:
        """Whether it is a single term of this kind that involves the axis."""
        return len(self.terms) == 1 and self.terms[0].kind == kind and axis in (self.terms[0].i, self.terms[0].j)

    def sign(self, four_momenta: bool) -> float:
        """−1 for J_y, which rotates z to x, axis 3 to axis 1; else 1."""
        return -1.0 if four_momenta and self.name(True) == "J_y" else 1.0

    def name(self, four_momenta: bool) -> str | None:
        """The label; None if there is none."""
        if len(self.terms) == 1 and four_momenta:
            term = self.terms[0]
            known = _FOUR_MOMENTA.get((term.kind, term.i, term.j))
            if known is not None:
                return known
        text = ""
        for m, term in enumerate(self.terms):
            size = _size(abs(term.weight))
            sign = ("−" if term.weight < 0 else "") if m == 0 else (" − " if term.weight < 0 else " + ")
            axes = "" if term.kind == "D" else _axes(term.i, term.j)
            text += sign + size + term.kind + axes
        return text or None


def _size(weight: float) -> str:
    if abs(weight - 1) < _NOISE:
        return ""
    return f"{round(weight)} " if _whole(weight) else f"{weight:.1f} "


def _whole(ratio: float) -> bool:
    return 1 <= round(ratio) <= _MULTIPLES and abs(ratio - round(ratio)) < _NOISE


def _axes(i: int, j: int) -> str:
    comma = "," if max(i, j) >= 9 else ""
    return f"_{i + 1}{comma}{j + 1}"


def label(matrix: FloatArray) -> Labelled:
    """The matrix (d, d) with its label and scaled to it; without a label of norm 1, its largest entry positive."""
    terms = _terms(matrix)
    ideal = _matrix(terms, len(matrix))
    overlap = float(np.sum(ideal * matrix))
    lengths = float(np.linalg.norm(ideal) * np.linalg.norm(matrix))
    if not 0 < len(terms) <= _TERMS or overlap <= np.sqrt(1 - _RESIDUAL**2) * lengths:
        size = float(matrix.flat[np.argmax(np.abs(matrix))])
        return Labelled(matrix * np.sign(size) / np.linalg.norm(matrix), ())
    sizes = [abs(term.weight) for term in terms]
    multiples = all(_whole(size / min(sizes)) for size in sizes)
    unit = (min(sizes) if multiples else max(sizes)) * np.sign(terms[0].weight)
    scale = float(np.sum(ideal**2)) / overlap / unit
    return Labelled(matrix * scale, tuple(Term(t.kind, t.i, t.j, float(t.weight / unit)) for t in terms))


def _terms(matrix: FloatArray) -> list[Term]:
    """The matrix as a sum of terms without entries below the noise: R, then B, diagonal ones, and single entries."""
    d = len(matrix)
    bound = _NOISE * float(np.max(np.abs(matrix)))
    rotations, boosts, entries = [], [], []
    for i in range(d):
        for j in range(i + 1, d):
            upper, lower = float(matrix[i, j]), float(matrix[j, i])
            if max(abs(upper), abs(lower)) < bound:
                continue
            if abs(upper + lower) < 2 * bound:
                rotations.append(Term("R", i, j, (lower - upper) / 2))
            elif abs(upper - lower) < 2 * bound:
                boosts.append(Term("B", i, j, (upper + lower) / 2))
            else:
                pairs = [Term("E", i, j, upper), Term("E", j, i, lower)]
                entries += [term for term in pairs if abs(term.weight) >= bound]
    return rotations + boosts + _diagonal(np.diag(matrix), bound) + entries


def _diagonal(values: FloatArray, bound: float) -> list[Term]:
    present = np.flatnonzero(np.abs(values) >= bound)
    if not len(present):
        return []
    mean = float(np.mean(values))
    if np.all(np.abs(values - mean) < bound):
        return [Term("D", 0, 0, mean)]
    if len(present) == 2 and abs(values[present].sum()) < 2 * bound:
        i, j = (int(m) for m in present)
        return [Term("H", i, j, float(values[i] - values[j]) / 2)]
    return [Term("E", int(m), int(m), float(values[m])) for m in present]


def _matrix(terms: list[Term], d: int) -> FloatArray:
    total = np.zeros((d, d))
    for term in terms:
        i, j, weight = term.i, term.j, term.weight
        if term.kind == "D":
            total += weight * np.eye(d)
        elif term.kind == "H":
            total[i, i] += weight
            total[j, j] -= weight
        else:
            total[j if term.kind == "R" else i, i if term.kind == "R" else j] += weight
            if term.kind != "E":
                total[i if term.kind == "R" else j, j if term.kind == "R" else i] += (
                    -weight if term.kind == "R" else weight
                )
    return total
