"""How `nullspace` proceeds: cross-fitted functions of the family that predicts best, and a claim from their slopes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.nullspace.fields import fit_fields
from symbench.discovery.shared.claim import claim
from symbench.discovery.shared.evidence import abstention
from symbench.discovery.shared.family import best_family

if TYPE_CHECKING:
    from symbench.discovery.nullspace.method import Nullspace


def fit(method: Nullspace, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Fit functions, count the generators and claim them, in the coordinates of the sample.

    Raises IncompatibleError for labels of three classes or more, and for vectors that do not fit the library.
    """
    if method.library != "linear":
        return fit_fields(method, sample, seed=seed, budget=budget, device=device)
    polynomials = method.family == "best"
    fitted = best_family(method, sample, polynomials=polynomials, seed=seed, budget=budget, device=device)
    if fitted is None:
        return abstention(sample.x.shape[2])
    if not fitted.learnt:
        return abstention(sample.x.shape[2], fitted.ensemble)
    symmetry = claim(method, sample.x, fitted.white, fitted.ensemble)
    return replace(symmetry, scalars={**symmetry.scalars, **fitted.scalars()})
