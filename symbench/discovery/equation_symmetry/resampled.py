"""The counting rules that cut the sample: an equivalence test on the other half, and the judge of `nullspace`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from symbench.algebra.polynomial_fields import BracketForms
from symbench.algebra.subalgebra import closing
from symbench.discovery.equation_symmetry.regression import FittedField, fit_field
from symbench.discovery.equation_symmetry.rules import FittedEquation
from symbench.discovery.shared.judge import Judgement, judge

FloatArray = npt.NDArray[np.float64]


def split(
    forms: BracketForms, x: FloatArray, velocity: FloatArray, tolerance: float, level: float, rng: np.random.Generator
) -> FloatArray:
    """Directions (k, d²) of one half, each with a δ below the tolerance by the other half, at the level.

    With the direction given, the bracket is linear in c: its squared length without the bias of the errors has a
    standard error in closed form. Directions are tested in their order until one fails, which needs no correction for
    their number (a test of fixed sequence).
    """
    order = rng.permutation(len(x))
    first, second = (fit_field(forms.exponents, x[half], velocity[half]) for half in (order[::2], order[1::2]))
    nothing = np.zeros((0, forms.dimension**2))
    if first is None or second is None:
        return nothing
    proposed = FittedEquation.of(first, forms)
    size = forms.size @ second.coefficients
    square = float(size @ size) - float(np.sum((forms.size @ second.factor) ** 2))
    changes = proposed.changes(proposed.directions)
    for k, change in enumerate(changes):
        if _upper(change, second, level) >= tolerance**2 * square:
            return proposed.directions[:k]
    return proposed.directions


def _upper(change: FloatArray, field: FittedField, level: float) -> float:
    """The upper confidence limit of ‖K c‖² at the true c, for K (M, p)."""
    bracket, spread = change @ field.coefficients, change @ field.factor
    covariance = spread.T @ spread
    mean = float(bracket @ bracket) - float(np.trace(covariance))
    along = spread.T @ bracket
    variance = 4 * float(along @ along) + 2 * float(np.sum(covariance**2))
    return mean + float(ndtri(1 - level)) * float(np.sqrt(variance))


def held_out(
    forms: BracketForms,
    x: FloatArray,
    velocity: FloatArray,
    tolerance: float,
    level: float,
    folds: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, Judgement | None]:
    """Directions (k, d²) of all fits, as many as the judge accepts and as close as an algebra; and the verdict.

    As in `shared.cross_fit.count`: the directions judged by the fit without fold m are those of the other fits.
    """
    fold = rng.permutation(len(x)) % folds
    fits = [fit_field(forms.exponents, x[fold != m], velocity[fold != m]) for m in range(folds)]
    known = [fit.coefficients for fit in fits if fit is not None]
    if len(known) < folds:
        return np.zeros((0, forms.dimension**2)), None
    squares = []
    for c in known:
        matrix = forms.bracket @ c / np.linalg.norm(forms.size @ c)
        squares.append(matrix.T @ matrix)
    total = np.sum(squares, axis=0)
    directions = [np.linalg.eigh(total - own)[1] for own in squares]
    verdict = judge(directions, squares, np.eye(len(total)), bound=tolerance, confidence=1 - level)
    best = np.linalg.eigh(total)[1].T[: verdict.k]
    k = closing(forms.generators(best)) if verdict.k else 0
    return best[:k], verdict
