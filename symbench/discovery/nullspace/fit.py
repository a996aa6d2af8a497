"""How `nullspace` proceeds: cross-fitted gradients in whitened coordinates, candidate generators, and their number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from symbench.algebra.label_spread import whitening
from symbench.algebra.subalgebra import closing
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.nullspace.library import fit_fields
from symbench.discovery.shared.cross_fit import candidates, count, cross_fit, irrelevant
from symbench.discovery.shared.evidence import abstention, evidence, fit_quality, strength
from symbench.discovery.shared.preparation import standardised_label
from symbench.discovery.shared.relevant import RelevantSpace

if TYPE_CHECKING:
    from symbench.discovery.nullspace.method import Nullspace


def fit(method: Nullspace, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Fit networks, count the generators and claim them, in the coordinates of the sample.

    Raises IncompatibleError for labels of three classes or more, and for vectors that do not fit the library.
    """
    if method.library != "linear":
        return fit_fields(method, sample, seed=seed, budget=budget, device=device)
    y = standardised_label(sample)
    white = whitening(sample.x)
    if y is None or len(sample.x) < 2 * method.folds or white.spread.shape[1] == 0:
        # A constant label decides nothing, and neither do too few events.
        return abstention(sample.x.shape[2])
    fitted = cross_fit(method, white.coordinates(sample.x), y, seed=seed, budget=budget, device=device)
    if not fitted.learnt:
        return abstention(sample.x.shape[2], fitted)
    ignored = irrelevant(method, fitted)
    space = RelevantSpace.of(sample.x, white, ignored)
    ensemble = replace(fitted, gradients=fitted.gradients @ space.kept)
    functions = space.functions()
    verdict, proposed = count(method, ensemble, functions)
    passed = space.lifted(candidates(ensemble, functions, range(method.folds))[:, : verdict.k])
    k = closing(space.inside(passed))
    return Symmetry(
        generators=passed[:k],
        confidence=verdict.confidence[:k],
        steps=ensemble.steps,
        spectrum=verdict.spread,
        arrays={
            **evidence(verdict, method.bound),
            "generator_samples": np.array([space.lifted(directions[:, :k]) for directions in proposed]),
            "ignored_directions": (white.spread @ ignored).T,
        },
        scalars={
            **fit_quality(ensemble),
            **strength(verdict, k),
            "passed": float(verdict.k),
            "ignored": float(ignored.shape[1]),
        },
    )
