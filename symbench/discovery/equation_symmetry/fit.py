"""How `equation-symmetry` proceeds: fit the velocities, propose directions, count them by the rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.polynomial_fields import Box, BracketForms, monomials, with_constant
from symbench.data.domain import Domain
from symbench.discovery.base import Symmetry, TrajectorySample
from symbench.discovery.equation_symmetry import rules
from symbench.discovery.equation_symmetry.regression import fit_field
from symbench.discovery.equation_symmetry.resampled import held_out, split

if TYPE_CHECKING:
    from symbench.discovery.equation_symmetry.method import EquationSymmetry

FloatArray = npt.NDArray[np.float64]

RULES: dict[str, Callable[[rules.FittedEquation, float, float], int]] = {
    "fixed": rules.fixed,
    "eigengap": rules.eigengap,
    "rank": rules.rank,
    "weyl": rules.weyl,
    "ellipsoid": rules.ellipsoid,
}


def fit(method: EquationSymmetry, sample: TrajectorySample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Claim the directions that the rule accepts; none if the states do not determine the fit. No budget."""
    d = sample.x.shape[2]
    x, velocity = sample.x.reshape(-1, d), sample.velocity.reshape(-1, d)
    domain = _domain(method, x)
    nothing = Symmetry(np.zeros((0, d, d)), np.zeros(0), domain=domain)
    if not (domain.high > domain.low).all():
        return nothing
    forms = _forms(d, method.degree, tuple(domain.low.tolist()), tuple(domain.high.tolist()))
    field = fit_field(forms.exponents, x, velocity)
    if field is None:
        return nothing
    fitted = rules.FittedEquation.of(field, forms)
    rng = np.random.Generator(np.random.PCG64([seed, 5]))
    spectrum, arrays = fitted.defects, {"bound": np.array([method.tolerance])}
    if method.rule == "split":
        directions = split(forms, x, velocity, method.tolerance, method.level, rng)
    elif method.rule == "held-out":
        directions, verdict = held_out(forms, x, velocity, method.tolerance, method.level, method.folds, rng)
        if verdict is not None:
            spectrum, arrays = verdict.spread, arrays | {"spectrum_upper": verdict.upper}
    else:
        directions = fitted.directions[: RULES[method.rule](fitted, method.tolerance, method.level)]
    return Symmetry(
        forms.generators(directions),
        np.full(len(directions), 1 - method.level),
        spectrum=spectrum,
        arrays=arrays,
        scalars={"velocity_error": field.error},
        domain=domain,
    )


@lru_cache(maxsize=4)
def _forms(dimension: int, degree: int, low: tuple[float, ...], high: tuple[float, ...]) -> BracketForms:
    """The bracket on a box: the same for all trials of an entry that names the box."""
    return BracketForms(with_constant(monomials(dimension, degree)), Box(np.array(low), np.array(high)))


def _domain(method: EquationSymmetry, x: FloatArray) -> Domain:
    """Where claims are made: |xᵢ| ≤ half_width, or the range of the states (M, d)."""
    if method.half_width is None:
        return Domain(x.min(axis=0), x.max(axis=0))
    edge = np.full(x.shape[1], method.half_width)
    return Domain(-edge, edge)
