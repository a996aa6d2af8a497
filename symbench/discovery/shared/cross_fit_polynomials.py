"""Claims of methods that fit polynomials: one fit per fold, a test of the fit, and the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import Whitening, moment_frame, whitening
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.shared.block_networks import MOST_AT_ONCE
from symbench.discovery.shared.claim import claim
from symbench.discovery.shared.cross_fit import Ensemble
from symbench.discovery.shared.described import describe
from symbench.discovery.shared.designs import Design
from symbench.discovery.shared.evidence import abstention
from symbench.discovery.shared.fold_fits import fit_folds, smallest_sufficient
from symbench.discovery.shared.polynomial_method import PolynomialMethod
from symbench.discovery.shared.polynomials import Fitted
from symbench.discovery.shared.preparation import standardised_label
from symbench.discovery.shared.slopes import Slopes

FloatArray = npt.NDArray[np.float64]
Fitter = Callable[[FloatArray, FloatArray], Fitted]
Designs = Callable[[int, int], Iterable[Design]]

_NOWHERE = -1  # the fold of points that are no events: they are never judged on
_POINTS = 2  # per unknown of a generator


def claim_from_polynomials(
    settings: PolynomialMethod,
    sample: FunctionSample,
    fitter: Fitter,
    designs: Designs,
    *,
    seed: int,
    anywhere: bool,
) -> Symmetry:
    """Fit without one fold each, test what is left of held-out labels, and claim what the judge accepts.

    fitter     a function of events (N, P, s), of second moment 1, and labels of spread 1
    designs    the families that the fitter chooses from, the smallest first, by the numbers of vectors and of their
               components: of more than MOST_AT_ONCE events, from sums over these
    anywhere   whether directions are also proposed by the fits at random points with the moments of the data; else
               there must be more events than unknowns of a generator, of which each event restricts one

    Raises IncompatibleError for labels of three classes or more.
    """
    x = sample.x
    n, _, d = x.shape
    y = standardised_label(sample)
    white = whitening(x)
    rank = white.spread.shape[1]
    if y is None or n < settings.folds or rank == 0 or not (anywhere or n > rank**2):
        return abstention(d)  # a constant label decides nothing, and neither do too few events
    points = np.concatenate([x, _points(x, white, seed)]) if anywhere else x
    frame = moment_frame(x)[1]
    if n > MOST_AT_ONCE:
        ensemble, terms = _cross_fit_many(settings.folds, points, y, white, frame, designs, seed)
    else:
        ensemble, terms = _cross_fit(settings.folds, points, y, white, frame, fitter, seed)
    errors = y - ensemble.predictions[:n]
    described = describe(x @ frame.T, errors)
    learnt = described.suffices(settings.exact, settings.largest)
    symmetry = claim(settings, points, white, ensemble) if learnt else abstention(d, ensemble)
    scalars = {
        "held_out_loss": float(np.mean(errors**2)),
        "learnt": float(learnt),
        "unexplained": described.unexplained,
        "unexplained_upper": described.upper,
        "structured": float(described.structured),
        "terms": terms,
    }
    return replace(symmetry, scalars={**symmetry.scalars, **scalars})


def _cross_fit(
    folds: int, points: FloatArray, y: FloatArray, white: Whitening, frame: FloatArray, fitter: Fitter, seed: int
) -> tuple[Ensemble, float]:
    """Fits to all folds but one, for each, with their gradients at points of which the first N are the events.

    Also the mean number of coefficients that are not zero.
    """
    n, (_, vectors, _) = len(y), points.shape
    fold = _folds(folds, n, len(points), seed)
    inputs, outward = points @ frame.T, frame @ white.spread
    gradients = np.empty((folds, 1, len(points), vectors, white.spread.shape[1]))
    predictions, terms = np.zeros(len(points)), 0.0
    for m in range(folds):
        held = np.flatnonzero(fold == m)
        fitted = np.flatnonzero(fold[:n] != m)
        fit = fitter(inputs[fitted], y[fitted])
        gradients[m, 0] = fit.gradient(inputs) @ outward
        predictions[held] = fit(inputs[held])
        terms += fit.terms / folds
    # The domain of a claim is all events: a polynomial has no edge at which it is extrapolated.
    label = np.concatenate([y, np.zeros(len(points) - n)])
    return Ensemble(gradients, fold, fold != _NOWHERE, predictions, label, steps=0), terms


def _cross_fit_many(
    folds: int, points: FloatArray, y: FloatArray, white: Whitening, frame: FloatArray, designs: Designs, seed: int
) -> tuple[Ensemble, float]:
    """As `_cross_fit`, from sums over events; the family is that of the smallest loss on left-out folds."""
    n, (many, vectors, _), outward = len(y), points.shape, frame @ white.spread
    fold = _folds(folds, n, many, seed)
    inputs = points[:n] @ frame.T
    best = smallest_sufficient(designs(vectors, len(frame)), inputs, y, fold[:n])
    found = fit_folds(best, inputs, y, fold[:n], binary=len(np.unique(y)) == 2)
    gradient = best.design.gradient(found.coefficients)
    slopes = Slopes(
        lambda rows: gradient(points[rows] @ frame.T) @ outward, (folds, 1, many, vectors, outward.shape[1])
    )
    predictions, values, label = (
        np.concatenate([part, np.zeros(many - n)]) for part in (found.predictions, found.values, y)
    )
    return Ensemble(slopes, fold, fold != _NOWHERE, predictions, label, 0, values), float(best.design.size)


def _folds(folds: int, n: int, points: int, seed: int) -> npt.NDArray[np.int64]:
    """The fold of each of n events, and that of the points after them."""
    fold = np.full(points, _NOWHERE)
    fold[:n] = np.random.Generator(np.random.PCG64([seed, 1])).permutation(n) % folds
    return fold


def _points(x: FloatArray, white: Whitening, seed: int) -> FloatArray:
    """Random vectors with exactly the mean and the covariance of those of x: (M, P, d)."""
    rank = white.spread.shape[1]
    rng = np.random.Generator(np.random.PCG64([seed, 2]))
    drawn = rng.standard_normal((_POINTS * rank**2 + 1, x.shape[1], rank))
    normal = whitening(drawn)
    return np.asarray(normal.coordinates(drawn) @ white.spread.T + white.mean)
