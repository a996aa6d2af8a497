"""Claims of methods that fit polynomials: one fit per fold, a test of the fit, and the judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import Whitening, central_events, moment_frame, whitening
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.shared.block_networks import MOST_AT_ONCE
from symbench.discovery.shared.claim import claim
from symbench.discovery.shared.cross_fit import Ensemble
from symbench.discovery.shared.described import Description, describe, describe_classes
from symbench.discovery.shared.designs import Design, PolynomialFamilies
from symbench.discovery.shared.evidence import abstention
from symbench.discovery.shared.fold_fits import fit_folds, smallest_sufficient
from symbench.discovery.shared.label_map import (
    MappedLabel,
    best_map,
    mapped_labels,
    rank_error,
)
from symbench.discovery.shared.log_odds import LogOdds, fit_log_odds
from symbench.discovery.shared.polynomial_method import EXACT, LARGEST, PolynomialMethod
from symbench.discovery.shared.slopes import Rows, Slopes

FloatArray = npt.NDArray[np.float64]

_NOWHERE = -1  # the fold of points that are no events: they are never judged on
_POINTS = 2  # per unknown of a generator
_CHOOSING = 1_000  # events, on which the map of the label is chosen
FEWEST_FOLDS = 3


@dataclass(frozen=True)
class PolynomialFits:
    """Cross-fitted polynomials, what they leave of held-out labels, and their mean number of coefficients."""

    ensemble: Ensemble
    description: Description
    terms: float

    def describes(self, exact: float = EXACT, largest: float = LARGEST) -> bool:
        """Whether a symmetry of the polynomials is one of the label, as of `Description.suffices`."""
        return self.description.suffices(exact, largest)

    def scalars(self) -> dict[str, float]:
        """What they leave of held-out labels, and the number of coefficients."""
        return {
            "unexplained": self.description.unexplained,
            "unexplained_upper": self.description.upper,
            "structured": float(self.description.structured),
            "terms": self.terms,
        }


def claim_from_polynomials(
    settings: PolynomialMethod, sample: FunctionSample, families: PolynomialFamilies, *, seed: int, anywhere: bool
) -> Symmetry:
    """Fit without one fold each, test what is left of held-out labels, and claim what the judge accepts.

    The label is fitted after the monotone map of which left-out labels are predicted best, by rank.

    anywhere   whether directions are also proposed by the fits at random points with the moments of the data; else
               there must be more events than unknowns of a generator, of which each event restricts one

    Raises IncompatibleError for labels of three classes or more.
    """
    x = sample.x
    n, _, d = x.shape
    labels = mapped_labels(sample)
    central = central_events(x)
    white = whitening(x[central])
    rank = white.spread.shape[1]
    folds = min(settings.folds, int(central.sum()))
    if not labels or n < settings.folds or folds < FEWEST_FOLDS or rank == 0 or not (anywhere or n > rank**2):
        return abstention(d)  # a constant label decides nothing, and neither do too few events
    extra = _points(x, white, seed) if anywhere else x[:0]
    fits = cross_fit_polynomials(
        folds, x, labels, families, seed=seed, outward=white.spread, central=central, extra=extra
    )
    learnt = fits.describes(settings.exact, settings.largest)
    points = np.concatenate([x, extra])
    symmetry = claim(settings, points, white, fits.ensemble) if learnt else abstention(d, fits.ensemble)
    return replace(symmetry, scalars={**symmetry.scalars, "learnt": float(learnt), **fits.scalars()})


def _folds(folds: int, central: npt.NDArray[np.bool_], seed: int) -> npt.NDArray[np.int64]:
    """The fold (N,) of each event, with an equal share of the central events, at which a fold is judged, in each."""
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    order = np.concatenate([rng.permutation(np.flatnonzero(part)) for part in (central, ~central)])
    fold = np.empty(len(central), dtype=np.int64)
    fold[order] = np.arange(len(order)) % folds
    return fold


def cross_fit_polynomials(
    folds: int,
    x: FloatArray,
    labels: Sequence[MappedLabel],
    families: PolynomialFamilies,
    *,
    seed: int,
    outward: FloatArray,
    central: npt.NDArray[np.bool_],
    extra: FloatArray | None = None,
) -> PolynomialFits:
    """Fits to all folds but one, for each, of the map of the label that is predicted best.

    Those of more than MOST_AT_ONCE events are made from sums over events (`fold_fits`). Of two classes the log-odds are
    fitted (`log_odds`).

    x         (N, P, d) the events
    outward   (d, r) displacements along which gradients are taken
    extra     (M, P, d) further points at which gradients are taken, after those at the events
    central   (N,) the domain of the claim
    """
    n = len(x)
    frame = moment_frame(x)[1]
    inputs = x @ frame.T
    points = inputs if extra is None else np.concatenate([inputs, extra @ frame.T])
    label = _chosen(inputs, labels, families)
    fold = _folds(folds, central, seed)
    way = _of_classes if label.classes else _from_sums if n > MOST_AT_ONCE else _of_each_fold
    fitted = way(families, inputs, label, fold, points)
    after = len(points) - n

    def with_points(of_events: FloatArray) -> FloatArray:
        return np.concatenate([of_events, np.zeros(after)])

    ensemble = Ensemble(
        fitted.gradients,
        np.concatenate([fold, np.full(after, _NOWHERE)]),
        np.concatenate([central, np.zeros(after, dtype=np.bool_)]),
        with_points(fitted.predictions),
        with_points(label.values),
        0,
        label.name,
        None if fitted.classes is None else with_points(fitted.log_odds),
    ).mapped(lambda gradients, _: np.asarray(gradients @ (frame @ outward)), outward.shape[1])
    if fitted.classes is None:
        return PolynomialFits(ensemble, describe(inputs, label.values - fitted.predictions), fitted.terms)
    description = describe_classes(fitted.classes, inputs, label.fitted, fitted.log_odds)
    return PolynomialFits(replace(ensemble, missing=description.upper), description, fitted.terms)


@dataclass(frozen=True)
class _Fitted:
    """Gradients (folds, 1, M, P, s) at points, predictions of held-out events (N,), and the number of coefficients.

    classes, log_odds   the fit to all events, and the log-odds of held-out ones (N,), if the label is a class
    """

    gradients: FloatArray | Slopes
    predictions: FloatArray
    terms: float
    classes: LogOdds | None = None
    log_odds: FloatArray = field(default_factory=lambda: np.zeros(0))


def _of_each_fold(
    families: PolynomialFamilies,
    inputs: FloatArray,
    label: MappedLabel,
    fold: npt.NDArray[np.int64],
    points: FloatArray,
) -> _Fitted:
    """One fit to all folds but one, for each, of the family that its leave-one-out errors choose."""
    folds = int(fold.max()) + 1
    gradients = np.empty((folds, 1, *points.shape))
    predictions, terms = np.zeros(len(inputs)), 0.0
    for m in range(folds):
        held = np.flatnonzero(fold == m)
        others = np.flatnonzero(fold != m)
        fit = families.fitter(inputs[others], label.values[others])
        gradients[m, 0] = fit.gradient(points)
        predictions[held] = fit(inputs[held])
        terms += fit.terms / folds
    return _Fitted(gradients, predictions, terms)


def _from_sums(
    families: PolynomialFamilies,
    inputs: FloatArray,
    label: MappedLabel,
    fold: npt.NDArray[np.int64],
    points: FloatArray,
) -> _Fitted:
    """The same for many events, in blocks; the family is that of the smallest loss on left-out folds."""
    best = smallest_sufficient(families.designs(*inputs.shape[1:]), inputs, label.values, fold)
    found = fit_folds(best, inputs, label.values, fold, binary=False)
    return _Fitted(_slopes(best.design, found.coefficients, points), found.predictions, float(best.design.size))


def _of_classes(
    families: PolynomialFamilies,
    inputs: FloatArray,
    label: MappedLabel,
    fold: npt.NDArray[np.int64],
    points: FloatArray,
) -> _Fitted:
    """The log-odds of two classes; the family and the penalty are those of the smallest loss of left-out events.

    One choice for all folds: with penalties of their own, log-odds of classes that do not overlap differ in size.
    """
    y = label.fitted
    best = fit_log_odds(families.designs(*inputs.shape[1:]), inputs, y)
    fits = [best.refitted(inputs[fold != m], y[fold != m]) for m in range(int(fold.max()) + 1)]
    values = np.zeros(len(inputs))
    for m, fit in enumerate(fits):
        values[fold == m] = fit(inputs[fold == m])
    slopes = _slopes(best.design, np.stack([fit.coefficients for fit in fits]), points)
    gradients = slopes if len(points) > MOST_AT_ONCE else slopes.at(slice(None))[:, None]
    return _Fitted(gradients, label.predicted(values), float(best.design.size), best, values)


def _slopes(design: Design, coefficients: FloatArray, points: FloatArray) -> Slopes:
    """The gradients at points (M, P, s) of functions with coefficients (folds, K), evaluated when they are needed."""
    gradient = design.gradient(coefficients)

    def at(rows: Rows) -> FloatArray:
        return gradient(points[rows])

    return Slopes(at, (len(coefficients), 1, *points.shape))


def _chosen(inputs: FloatArray, labels: Sequence[MappedLabel], families: PolynomialFamilies) -> MappedLabel:
    """The map of the label by the leave-one-out errors of one fit each, which the fit itself gives."""
    if len(labels) == 1:
        return labels[0]
    x = inputs[:_CHOOSING]

    def error(label: MappedLabel) -> float:
        y = label.values[:_CHOOSING]
        return rank_error(y - families.fitter(x, y).left_out, y)

    return best_map(labels, error)


def _points(x: FloatArray, white: Whitening, seed: int) -> FloatArray:
    """Random vectors with exactly the mean and the covariance of those of x: (M, P, d)."""
    rank = white.spread.shape[1]
    rng = np.random.Generator(np.random.PCG64([seed, 2]))
    drawn = rng.standard_normal((_POINTS * rank**2 + 1, x.shape[1], rank))
    normal = whitening(drawn)
    return np.asarray(normal.coordinates(drawn) @ white.spread.T + white.mean)
