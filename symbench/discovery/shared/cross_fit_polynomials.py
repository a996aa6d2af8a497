"""Claims of methods that fit polynomials: one fit per fold, a test of the fit, and the judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import Whitening, central_events, moment_frame, whitening
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.shared.claim import claim
from symbench.discovery.shared.cross_fit import Ensemble
from symbench.discovery.shared.described import describe
from symbench.discovery.shared.evidence import abstention
from symbench.discovery.shared.polynomial_method import PolynomialMethod
from symbench.discovery.shared.polynomials import Fitted
from symbench.discovery.shared.preparation import standardised_label

FloatArray = npt.NDArray[np.float64]
Fitter = Callable[[FloatArray, FloatArray], Fitted]

_NOWHERE = -1  # the fold of points that are no events: they are never judged on
_POINTS = 2  # per unknown of a generator
_FEWEST = 3  # folds


def claim_from_polynomials(
    settings: PolynomialMethod, sample: FunctionSample, fitter: Fitter, *, seed: int, anywhere: bool
) -> Symmetry:
    """Fit without one fold each, test what is left of held-out labels, and claim what the judge accepts.

    fitter     a function of events (N, P, s), of second moment 1, and labels of spread 1
    anywhere   whether directions are also proposed by the fits at random points with the moments of the data; else
               there must be more events than unknowns of a generator, of which each event restricts one

    Raises IncompatibleError for labels of three classes or more.
    """
    x = sample.x
    n, _, d = x.shape
    y = standardised_label(sample)
    central = central_events(x)
    white = whitening(x[central])
    rank = white.spread.shape[1]
    folds = min(settings.folds, int(central.sum()))
    if y is None or n < settings.folds or folds < _FEWEST or rank == 0 or not (anywhere or n > rank**2):
        return abstention(d)  # a constant label decides nothing, and neither do too few events
    points = np.concatenate([x, _points(x, white, seed)]) if anywhere else x
    frame = moment_frame(x)[1]
    fold = _folds(folds, central, seed)
    ensemble, terms = _cross_fit(fold, central, points, y, white, frame, fitter)
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


def _folds(folds: int, central: npt.NDArray[np.bool_], seed: int) -> npt.NDArray[np.int64]:
    """The fold (N,) of each event, with an equal share of the central events, at which a fold is judged, in each."""
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    order = np.concatenate([rng.permutation(np.flatnonzero(part)) for part in (central, ~central)])
    fold = np.empty(len(central), dtype=np.int64)
    fold[order] = np.arange(len(order)) % folds
    return fold


def _cross_fit(
    fold: npt.NDArray[np.int64],
    central: npt.NDArray[np.bool_],
    points: FloatArray,
    y: FloatArray,
    white: Whitening,
    frame: FloatArray,
    fitter: Fitter,
) -> tuple[Ensemble, float]:
    """Fits to all folds but one, for each, with their gradients at points of which the first N are the events.

    Also the mean number of coefficients that are not zero.
    """
    n, (_, vectors, _) = len(y), points.shape
    folds, others = int(fold.max()) + 1, len(points) - n
    inputs, outward = points @ frame.T, frame @ white.spread
    gradients = np.empty((folds, 1, len(points), vectors, white.spread.shape[1]))
    predictions, terms = np.zeros(len(points)), 0.0
    for m in range(folds):
        held, fitted = np.flatnonzero(fold == m), np.flatnonzero(fold != m)
        fit = fitter(inputs[fitted], y[fitted])
        gradients[m, 0] = fit.gradient(inputs) @ outward
        predictions[held] = fit(inputs[held])
        terms += fit.terms / folds
    fold = np.concatenate([fold, np.full(others, _NOWHERE)])
    domain = np.concatenate([central, np.zeros(others, dtype=np.bool_)])
    return Ensemble(gradients, fold, domain, predictions, np.concatenate([y, np.zeros(others)]), steps=0), terms


def _points(x: FloatArray, white: Whitening, seed: int) -> FloatArray:
    """Random vectors with exactly the mean and the covariance of those of x: (M, P, d)."""
    rank = white.spread.shape[1]
    rng = np.random.Generator(np.random.PCG64([seed, 2]))
    drawn = rng.standard_normal((_POINTS * rank**2 + 1, x.shape[1], rank))
    normal = whitening(drawn)
    return np.asarray(normal.coordinates(drawn) @ white.spread.T + white.mean)
