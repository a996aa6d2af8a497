"""How `nullspace` proceeds: cross-fitted gradients in whitened coordinates, candidate generators, and their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.algebra.label_spread import central_events, whitening
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.nullspace.library import fit_fields
from symbench.discovery.shared.claim import claim
from symbench.discovery.shared.cross_fit import cross_fit
from symbench.discovery.shared.evidence import abstention
from symbench.discovery.shared.preparation import standardised_label

if TYPE_CHECKING:
    from symbench.discovery.nullspace.method import Nullspace


def fit(method: Nullspace, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Fit networks, count the generators and claim them, in the coordinates of the sample.

    Raises IncompatibleError for labels of three classes or more, and for vectors that do not fit the library.
    """
    if method.library != "linear":
        return fit_fields(method, sample, seed=seed, budget=budget, device=device)
    y = standardised_label(sample)
    central = central_events(sample.x)
    white = whitening(sample.x[central])
    if y is None or len(sample.x) < 2 * method.folds or white.spread.shape[1] == 0:
        # A constant label decides nothing, and neither do too few events.
        return abstention(sample.x.shape[2])
    fitted = cross_fit(method, white.coordinates(sample.x), y, central, seed=seed, budget=budget, device=device)
    if not fitted.learnt:
        return abstention(sample.x.shape[2], fitted)
    return claim(method, sample.x, white, fitted)
