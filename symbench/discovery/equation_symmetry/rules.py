"""The counting rules that see one fit of the whole sample: how many of its best directions are claimed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from symbench.algebra.polynomial_fields import BracketForms
from symbench.discovery.equation_symmetry.ellipsoid import certified
from symbench.discovery.equation_symmetry.regression import FittedField

FloatArray = npt.NDArray[np.float64]

_FLAT = 1e-12  # of the largest: δ below it is rounding, and has no ratio
_RESOLVED = 1e-10  # of the largest variance of a test statistic: those below it vanish identically
_LARGEST_CUT = 0.1  # of the largest variance: the most that is dropped as vanishing to the order of the errors


@dataclass(frozen=True)
class FittedEquation:
    """A fit with its directions.

    field       the fit
    forms       the bracket on the domain of the claims
    defects     (d²,) stationary relative defects, rising
    directions  (d²,) their directions λ, as orthonormal rows
    """

    field: FittedField
    forms: BracketForms
    defects: FloatArray
    directions: FloatArray

    @classmethod
    def of(cls, field: FittedField, forms: BracketForms) -> FittedEquation:
        return cls(field, forms, *forms.stationary(field.coefficients))

    def changes(self, directions: FloatArray) -> FloatArray:
        """K (k, M, p): the bracket of direction i has the coefficients K[i] c."""
        return np.tensordot(directions, self.forms.bracket, axes=(1, 1))


def fixed(fitted: FittedEquation, tolerance: float, level: float) -> int:
    """Those whose δ is below the tolerance."""
    return int(np.sum(fitted.defects < tolerance))


def eigengap(fitted: FittedEquation, tolerance: float, level: float) -> int:
    """Those before the largest ratio of successive δ, between 1 and d² − 1."""
    values = np.maximum(fitted.defects, _FLAT * fitted.defects[-1])
    return int(np.argmax(values[1:] / values[:-1])) + 1


def rank(fitted: FittedEquation, tolerance: float, level: float) -> int:
    """The largest k for which a null space of dimension k of λ ↦ [F, L x] is not rejected at the level.

    The block of the bracket between the null spaces of its best approximation of lower rank is linear in c and normal;
    its squared length in units of its covariance is χ², with as many degrees of freedom as the covariance has. Where
    the structure of the bracket lets the covariance vanish, the errors of the null spaces, of relative size δₖ/δₖ₊₁,
    give it a square of that size, which has no χ²: such directions are dropped.
    """
    left, _, right = np.linalg.svd(fitted.forms.bracket @ fitted.field.coefficients, full_matrices=True)
    factor = fitted.field.factor
    if fitted.field.error == 0:
        return int(np.sum(fitted.defects <= _FLAT * fitted.defects[-1]))
    whole = len(right)
    for k in range(whole, 0, -1):
        beyond, null = left[:, whole - k :], right[whole - k :]
        jacobian = (beyond.T @ fitted.changes(null)).reshape(-1, len(factor))
        spread = jacobian @ factor
        variances, axes = np.linalg.eigh(spread.T @ spread)
        angle = float(fitted.defects[k - 1] / fitted.defects[k]) if k < whole else 0.0
        kept = variances > min(max(_RESOLVED, angle**2), _LARGEST_CUT) * max(float(variances[-1]), 1e-300)
        # The block is spread @ (C⁻¹ c): its squared length in units of the covariance is that of the projection.
        part = axes[:, kept].T @ (spread.T @ (jacobian @ fitted.field.coefficients)) / variances[kept]
        if chdtrc(int(kept.sum()), float(part @ part)) >= level:
            return k
    return 0


def weyl(fitted: FittedEquation, tolerance: float, level: float) -> int:
    """Those whose δ is below the tolerance for all F in the ellipsoid, by bounds on norms of the whole map.

    |σₖ(A + E) − σₖ(A)| ≤ ‖E‖₂ (H. Weyl, Math. Ann. 71 (1912) 441) with the Frobenius norm of E at its largest; the
    claimed directions obey the same bound. ‖F‖ is at least ‖F̂‖ less its largest error.
    """
    reach = fitted.field.radius(level)
    spread = np.tensordot(fitted.forms.bracket, fitted.field.factor, axes=1).reshape(-1, len(fitted.field.factor))
    error = reach * float(np.sqrt(np.linalg.eigvalsh(spread.T @ spread)[-1]))
    size = float(np.linalg.norm(fitted.forms.size @ fitted.field.coefficients))
    least = size - reach * float(np.linalg.norm(fitted.forms.size @ fitted.field.factor, 2))
    return int(np.sum(fitted.defects * size + error <= tolerance * least))


def ellipsoid(fitted: FittedEquation, tolerance: float, level: float) -> int:
    """The largest k whose span has a δ of at most the tolerance for all F in the confidence ellipsoid."""
    c, factor = fitted.field.coefficients, fitted.field.factor * fitted.field.radius(level)
    size, size_spread = fitted.forms.size @ c, fitted.forms.size @ factor
    candidates = fixed(fitted, tolerance, level)  # the centre of the ellipsoid is in it
    for k in range(1, candidates + 1):
        changes = fitted.changes(fitted.directions[:k]).reshape(-1, len(c))
        if not certified(changes @ c, changes @ factor, size, size_spread, tolerance):
            return k - 1
    return candidates
