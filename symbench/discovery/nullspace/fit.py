"""How `nullspace` proceeds: cross-fitted functions of the family that predicts best, and a claim from their slopes."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from symbench.algebra.label_spread import central_events, whitening
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.nullspace.fields import fit_fields
from symbench.discovery.polynomial.method import Polynomial
from symbench.discovery.shared.claim import claim
from symbench.discovery.shared.cross_fit import cross_fit
from symbench.discovery.shared.cross_fit_polynomials import claim_from_polynomials
from symbench.discovery.shared.evidence import abstention
from symbench.discovery.shared.label_map import mapped_labels
from symbench.discovery.shared.polynomials import fit_simplest

if TYPE_CHECKING:
    from symbench.discovery.nullspace.method import Nullspace

_EXACT = 1e-6  # held-out loss of a polynomial below which no network is tried: a thousandth of the label's spread


def fit(method: Nullspace, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Fit functions, count the generators and claim them, in the coordinates of the sample.

    Raises IncompatibleError for labels of three classes or more, and for vectors that do not fit the library.
    """
    if method.library != "linear":
        return fit_fields(method, sample, seed=seed, budget=budget, device=device)
    if method.family == "network":
        return _by_networks(method, sample, seed=seed, budget=budget, device=device)
    baseline = Polynomial(folds=method.folds, bound=method.bound, confidence=method.confidence)
    fitter = partial(fit_simplest, degree=baseline.degree, most_terms=baseline.most_terms)
    polynomial = claim_from_polynomials(baseline, sample, fitter, seed=seed, anywhere=False)
    describes = polynomial.scalars.get("learnt") == 1
    if describes and polynomial.scalars["held_out_loss"] < _EXACT:
        return _of_family(polynomial, polynomial=True)
    networks = _by_networks(method, sample, seed=seed, budget=budget, device=device)
    better = describes and polynomial.scalars["rank_error"] < networks.scalars.get("rank_error", math.inf)
    return _of_family(replace(polynomial, steps=networks.steps) if better else networks, polynomial=better)


def _of_family(symmetry: Symmetry, *, polynomial: bool) -> Symmetry:
    """The claim, with the family that it was taken from."""
    return replace(symmetry, scalars={**symmetry.scalars, "polynomial": float(polynomial)})


def _by_networks(method: Nullspace, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    labels = mapped_labels(sample)
    central = central_events(sample.x)
    white = whitening(sample.x[central])
    if not labels or len(sample.x) < 2 * method.folds or white.spread.shape[1] == 0:
        # A constant label decides nothing, and neither do too few events.
        return abstention(sample.x.shape[2])
    fitted = cross_fit(method, white.coordinates(sample.x), labels, central, seed=seed, budget=budget, device=device)
    if not fitted.learnt:
        return abstention(sample.x.shape[2], fitted)
    return claim(method, sample.x, white, fitted)
