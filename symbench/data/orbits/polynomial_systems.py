"""Ten polynomial equations of motion with rational coefficients whose linear symmetries are known exactly.

In the manner of the ten systems of SymCert (2026), which are not known to us in detail: these are ours. Each is stated
for the box |xᵢ| ≤ 1. The generators follow by hand; `tests/data/orbits/test_polynomial_systems.py` solves
DF(x) L x = L F(x) for them over the rational numbers.

* Fields q(x) x with a quadratic form 1 − q: [q x, L x] = (∇q·L x) x, so that the symmetries are those of q.
* Linear parts with different eigenvalues leave diagonal L only, of which monomials xᵐ eᵢ leave those with w·m = wᵢ.
* A linear field A x has the matrices that commute with A.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Exponents = tuple[int, ...]


@dataclass(frozen=True)
class PolynomialSystem:
    """ẋᵢ = Σ c xᵉ with the terms {e: c} of each component, and the matrices that span its linear symmetries.

    closest   of a system without symmetry, the matrices whose symmetry is broken; empty for the others
    """

    terms: tuple[Mapping[Exponents, Fraction], ...]
    symmetries: tuple[Sequence[Sequence[int]], ...] = ()
    closest: tuple[Sequence[Sequence[int]], ...] = ()

    @property
    def dimension(self) -> int:
        return len(self.terms)

    @property
    def degree(self) -> int:
        """The largest total degree of a term."""
        return max(sum(exponents) for component in self.terms for exponents in component)

    def coefficients(self, exponents: npt.NDArray[np.int64]) -> FloatArray:
        """c (d·n,), component by component, in the monomials of these exponents (n, d), which contain all terms."""
        number = {tuple(row): j for j, row in enumerate(exponents.tolist())}
        c = np.zeros((self.dimension, len(exponents)))
        for i, component in enumerate(self.terms):
            for term, value in component.items():
                c[i, number[term]] = float(value)
        return c.ravel()

    def generators(self) -> FloatArray:
        """The true algebra (k*, d, d)."""
        return matrices(self.symmetries, self.dimension)


def matrices(rows: Sequence[Sequence[Sequence[int]]], dimension: int) -> FloatArray:
    """Matrices (k, d, d), also for k = 0."""
    return np.array(rows, dtype=np.float64).reshape(-1, dimension, dimension)


def _terms(*components: Mapping[Exponents, int | Fraction]) -> tuple[Mapping[Exponents, Fraction], ...]:
    return tuple({term: Fraction(value) for term, value in component.items()} for component in components)


def _times_one_minus(form: Sequence[int]) -> tuple[Mapping[Exponents, Fraction], ...]:
    """(1 − Σ aⱼ xⱼ²) x for the coefficients a of the form."""
    d = len(form)
    unit = [tuple(int(i == j) for i in range(d)) for j in range(d)]
    rows: list[dict[Exponents, int | Fraction]] = []
    for i in range(d):
        row: dict[Exponents, int | Fraction] = {unit[i]: 1}
        for j, a in enumerate(form):
            if a:
                row[tuple(u + 2 * v for u, v in zip(unit[i], unit[j], strict=True))] = -a
        rows.append(row)
    return _terms(*rows)


_TURN = ((0, -1), (1, 0))
_ROTATIONS = (
    ((0, 0, 0), (0, 0, -1), (0, 1, 0)),
    ((0, 0, 1), (0, 0, 0), (-1, 0, 0)),
    ((0, -1, 0), (1, 0, 0), (0, 0, 0)),
)
_LORENTZ = (
    ((0, 0, 0), (0, 0, -1), (0, 1, 0)),
    ((0, 0, 1), (0, 0, 0), (1, 0, 0)),
    ((0, 1, 0), (1, 0, 0), (0, 0, 0)),
)
_HOPF: tuple[Mapping[Exponents, int | Fraction], ...] = (
    {(1, 0): 1, (0, 1): -1, (3, 0): -1, (1, 2): -1},
    {(1, 0): 1, (0, 1): 1, (2, 1): -1, (0, 3): -1},
)


def _hopf() -> PolynomialSystem:
    """x + J x − r² x, J the turn: so(2)."""
    return PolynomialSystem(_terms(*_HOPF), (_TURN,))


def _radial() -> PolynomialSystem:
    """(1 − r²) x in space: so(3)."""
    return PolynomialSystem(_times_one_minus((1, 1, 1)), _ROTATIONS)


def _hyperbolic() -> PolynomialSystem:
    """(1 − x² + y² + z²) x: so(1,2)."""
    return PolynomialSystem(_times_one_minus((1, -1, -1)), _LORENTZ)


def _shear() -> PolynomialSystem:
    """(1 − x²) (x, y): shears and dilations of y, the solvable algebra aff(1)."""
    return PolynomialSystem(_times_one_minus((1, 0)), (((0, 0), (1, 0)), ((0, 0), (0, 1))))


def _toric() -> PolynomialSystem:
    """(x (1 − yz), y (2 − yz), z (yz − 1)): dilations of x, and of y against z; abelian."""
    terms = _terms(
        {(1, 0, 0): 1, (1, 1, 1): -1},
        {(0, 1, 0): 2, (0, 2, 1): -1},
        {(0, 0, 1): -1, (0, 1, 2): 1},
    )
    return PolynomialSystem(terms, (((1, 0, 0), (0, 0, 0), (0, 0, 0)), ((0, 0, 0), (0, 1, 0), (0, 0, -1))))


def _oscillators() -> PolynomialSystem:
    """q̇ = p, ṗ = −q of two oscillators: the matrices ((X, Y), (−Y, X)) that commute with it, gl(2, C) as a real one."""
    terms = _terms({(0, 0, 1, 0): 1}, {(0, 0, 0, 1): 1}, {(1, 0, 0, 0): -1}, {(0, 1, 0, 0): -1})
    generators = []
    for i in range(2):
        for j in range(2):
            for imaginary in (False, True):
                rows = np.zeros((4, 4), dtype=int)
                if imaginary:
                    rows[i, 2 + j], rows[2 + i, j] = 1, -1
                else:
                    rows[i, j] = rows[2 + i, 2 + j] = 1
                generators.append(rows.tolist())
    return PolynomialSystem(terms, tuple(generators))


def _quartic() -> PolynomialSystem:
    """q̇ = p, ṗ = −(1 + |q|²) q in the plane: rotations of q and p together, so(2)."""
    terms = _terms(
        {(0, 0, 1, 0): 1},
        {(0, 0, 0, 1): 1},
        {(1, 0, 0, 0): -1, (3, 0, 0, 0): -1, (1, 2, 0, 0): -1},
        {(0, 1, 0, 0): -1, (2, 1, 0, 0): -1, (0, 3, 0, 0): -1},
    )
    return PolynomialSystem(terms, (((0, -1, 0, 0), (1, 0, 0, 0), (0, 0, 0, -1), (0, 0, 1, 0)),))


def _lorenz() -> PolynomialSystem:
    """Lorenz's equations in units of 20, 20 and 50: a reflection, but no continuous linear symmetry."""
    terms = _terms(
        {(1, 0, 0): -10, (0, 1, 0): 10},
        {(1, 0, 0): 28, (0, 1, 0): -1, (1, 0, 1): -50},
        {(1, 1, 0): 8, (0, 0, 1): Fraction(-8, 3)},
    )
    return PolynomialSystem(terms)


def _hopf_broken() -> PolynomialSystem:
    """`hopf` with ẋ changed by x/5: its rotation is broken by little more than the tolerance of 5 %."""
    first = {**_HOPF[0], (1, 0): 1 + Fraction(1, 5)}
    return PolynomialSystem(_terms(first, _HOPF[1]), closest=(_TURN,))


def _oscillator_far() -> PolynomialSystem:
    """(−y + x³/10, x): rotation and dilation are broken, by a quarter in the half box of what it is in the whole."""
    terms = _terms({(0, 1): -1, (3, 0): Fraction(1, 10)}, {(1, 0): 1})
    return PolynomialSystem(terms, closest=(_TURN, ((1, 0), (0, 1))))


SYSTEMS: Mapping[str, Callable[[], PolynomialSystem]] = {
    "hopf": _hopf,
    "radial": _radial,
    "hyperbolic": _hyperbolic,
    "shear": _shear,
    "toric": _toric,
    "oscillators": _oscillators,
    "quartic": _quartic,
    "lorenz": _lorenz,
    "hopf-broken": _hopf_broken,
    "oscillator-far": _oscillator_far,
}
"""By name; the last three have no symmetry."""
