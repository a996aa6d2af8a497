"""Linear symmetries of polynomial vector fields: [F, L x] = DF(x) L x − L F(x) and its relative defect on a box.

If F is a polynomial of some degree, so is its bracket with a linear field, and its coefficients are linear in L and in
those of F. With moments of monomials in closed form, the mean square of the bracket over a box is a quadratic form in
L, without sampling. L maps solutions of ẋ = F(x) to solutions exactly if the bracket vanishes; the relative defect

    δ(L) = √(E‖[F, L x]‖² / E‖F‖²) / √(E‖L x‖² / E‖x‖²),    E over the box,

is the change of F, relative to F, by a displacement relative to the states: 0 for a symmetry, p − 1 for the dilation of
a field that is homogeneous of degree p. The use of the relative Lie derivative as the size of a symmetry's defect
follows Otto, Zolman, Kutz, Brunton, JMLR 26 (2025).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def monomials(variables: int, degree: int) -> IntArray:
    """Exponents (L, variables) of all monomials of degree 1 to `degree`, by rising degree."""
    rows = [
        np.bincount(chosen, minlength=variables)
        for total in range(1, degree + 1)
        for chosen in combinations_with_replacement(range(variables), total)
    ]
    return np.array(rows, dtype=np.int64)


def with_constant(exponents: IntArray) -> IntArray:
    """The same exponents after those of the constant 1."""
    return np.vstack([np.zeros((1, exponents.shape[1]), dtype=np.int64), exponents])


def powers(exponents: IntArray, x: FloatArray) -> FloatArray:
    """The monomials (M, n) of exponents (n, d) at states (M, d)."""
    return np.asarray(np.prod(x[:, None, :] ** exponents, axis=2))


@dataclass(frozen=True)
class Box:
    """States with low ≤ x ≤ high in each component, (d,) each; E is the mean over it, uniform."""

    low: FloatArray
    high: FloatArray

    @classmethod
    def around_zero(cls, half_width: float, dimension: int) -> Box:
        """|xᵢ| ≤ half_width."""
        return cls(np.full(dimension, -half_width), np.full(dimension, half_width))

    def moments(self, exponents: IntArray) -> FloatArray:
        """E x^e of exponents (…, d): (…,), from ∫ xᵉ = (highᵉ⁺¹ − lowᵉ⁺¹)/(e + 1)."""
        e = exponents + 1
        return np.asarray(np.prod((self.high**e - self.low**e) / (e * (self.high - self.low)), axis=-1))


@dataclass(frozen=True)
class BracketForms:
    """The bracket of linear fields with polynomials F of coefficients c (d·n,), component by component, on a box.

    exponents   (n, d), closed under e ↦ e − 1ₖ + 1ₗ, as all monomials up to a degree are
    box         where the means are taken
    """

    exponents: IntArray
    box: Box

    @property
    def dimension(self) -> int:
        return int(self.exponents.shape[1])

    @cached_property
    def size(self) -> FloatArray:
        """S (d·n, d·n) with ‖S c‖² = E‖F‖²."""
        return np.asarray(np.kron(np.eye(self.dimension), self._gram_factor), dtype=np.float64)

    @cached_property
    def bracket(self) -> FloatArray:
        """T (d·n, d², d·n): ‖T c λ‖² = E‖[F, L x]‖², and ‖λ‖² = E‖L x‖²/E‖x‖² with L = `generators(λ)`."""
        n, d = self.exponents.shape
        number = {tuple(row): j for j, row in enumerate(self.exponents.tolist())}
        plain = np.zeros((d, n, d, d, d, n))
        for j, row in enumerate(self.exponents):
            for k in range(d):
                for i in range(d):
                    plain[i, j, i, k, k, j] -= 1.0  # −(L F)ᵢ = −Σₖ Lᵢₖ Fₖ
                if row[k]:
                    for m in range(d):  # xₘ ∂ₖ xᵉ = eₖ x^(e − 1ₖ + 1ₘ), with Lₖₘ
                        moved = row.copy()
                        moved[k] -= 1
                        moved[m] += 1
                        for i in range(d):
                            plain[i, number[tuple(moved)], k, m, i, j] += row[k]
        unit = self._unit
        scaled = np.einsum("aj,ijklbm->iaklbm", self._gram_factor, plain)
        return np.asarray(np.einsum("iaklbm,lp->iakpbm", scaled, unit).reshape(d * n, d * d, d * n))

    def generators(self, directions: FloatArray) -> FloatArray:
        """Matrices L (k, d, d) of directions λ (k, d²)."""
        d = self.dimension
        return np.asarray(directions.reshape(-1, d, d) @ self._unit.T)

    def directions(self, generators: FloatArray) -> FloatArray:
        """The inverse of `generators`: (k, d²) of matrices (k, d, d)."""
        return np.asarray(np.linalg.solve(self._unit, generators.transpose(0, 2, 1)).transpose(0, 2, 1)).reshape(
            len(generators), -1
        )

    def stationary(self, coefficients: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Stationary relative defects (d²,), rising, and their directions λ as orthonormal rows (d², d²)."""
        matrix = self.bracket @ coefficients
        scaled = matrix / np.linalg.norm(self.size @ coefficients)
        _, values, rows = np.linalg.svd(scaled, full_matrices=False)
        return values[::-1], rows[::-1]

    def largest_defect(self, coefficients: FloatArray, generators: FloatArray) -> float:
        """The largest relative defect in the span of generators (k, d, d); 0 without any."""
        if not len(generators):
            return 0.0
        basis = np.linalg.qr(self.directions(generators).T)[0]
        change = np.linalg.norm((self.bracket @ coefficients) @ basis, 2)
        return float(change / np.linalg.norm(self.size @ coefficients))

    @cached_property
    def _gram_factor(self) -> FloatArray:
        """R (n, n) with Rᵀ R = E of the products of monomials."""
        moments = self.box.moments(self.exponents[:, None] + self.exponents)
        return np.asarray(np.linalg.cholesky(moments).T, dtype=np.float64)

    @cached_property
    def _unit(self) -> FloatArray:
        """U (d, d) with L = Λ Uᵀ: E‖L x‖² = ‖Λ‖² E‖x‖²."""
        unit = np.eye(self.dimension, dtype=np.int64)
        second = self.box.moments(unit[:, None] + unit)
        factor = np.linalg.cholesky(second)
        return np.asarray(np.linalg.inv(factor).T * np.sqrt(np.trace(second)))
