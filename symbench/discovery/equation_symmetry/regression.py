"""Least squares of velocities on monomials of the states, with the distribution of the coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import fdtri

from symbench.algebra.polynomial_fields import IntArray, powers

FloatArray = npt.NDArray[np.float64]

_DETERMINED = 1e-10  # of the largest singular value of the scaled monomials


@dataclass(frozen=True)
class FittedField:
    """F with coefficients c (d·n,), component by component; errors of c are normal with covariance s² W Wᵀ.

    spread   1_d ⊗ W (d·n, d·n)
    error    s, the standard deviation of a velocity component about the fit
    freedom  degrees of freedom of s²: d (N − n)
    """

    coefficients: FloatArray
    spread: FloatArray
    error: float
    freedom: int

    @property
    def factor(self) -> FloatArray:
        """C (d·n, d·n) with covariance C Cᵀ."""
        return self.error * self.spread

    def radius(self, level: float) -> float:
        """r of the confidence ellipsoid {c + C u: ‖u‖ ≤ r}, which contains the truth with probability 1 − level.

        r² = p F(1 − level; p, freedom) for p coefficients: exact for normal errors.
        """
        p = len(self.coefficients)
        return float(np.sqrt(p * fdtri(p, self.freedom, 1 - level)))


def fit_field(exponents: IntArray, x: FloatArray, velocity: FloatArray) -> FittedField | None:
    """The fit to velocities at states x, (M, d) each; None if the states do not determine it and its error."""
    rows, d = x.shape
    n = len(exponents)
    if rows <= n:
        return None
    design = powers(exponents, x)
    lengths = np.linalg.norm(design, axis=0)
    if not (lengths > 0).all():
        return None
    left, values, right = np.linalg.svd(design / lengths, full_matrices=False)
    if values[-1] <= _DETERMINED * values[0]:
        return None
    inverse = right.T / values / lengths[:, None]
    coefficients = inverse @ (left.T @ velocity)
    rest = velocity - design @ coefficients
    freedom = d * (rows - n)
    error = float(np.sqrt(np.sum(rest**2) / freedom))
    return FittedField(coefficients.T.ravel(), np.kron(np.eye(d), inverse), error, freedom)
