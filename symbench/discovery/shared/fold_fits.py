"""Least squares and logistic regression without one fold each, from sums over events: linear in their number.

The normal equations of all folds but one are those of all folds minus those of one, so that cross-fitting costs one
pass. They square the condition number; further passes over the events correct the solution by its residuals, which are
those of the functions and not of their products.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from symbench.discovery.shared.designs import Design
from symbench.discovery.shared.slopes import blocks, stretches, total
from symbench.trial.parts import map_parts

FloatArray = npt.NDArray[np.float64]

_PENALTIES = 10.0 ** np.array([-13, -11, -9, -7, -5, -4, -3, -2, -1, 0, 1])  # of the mean square of a function
_PILOT = 4_096  # events that decide the origin and the scale of each function
_CORRECTIONS = 2  # passes of least squares
_LOGISTIC = 12  # passes of logistic regression
_BETTER = 0.9  # a larger family is to reduce the mean squared error by a tenth at least
_EXACT = 1e-13  # loss of labels of variance 1, which sums of squares resolve to rounding


@dataclass(frozen=True)
class FoldSums:
    """FoldSums over the events of a fold: 1, φ (K,), φφᵀ (K, K), y, φy (K,), y²."""

    events: float
    features: FloatArray
    gram: FloatArray
    label: float
    cross: FloatArray
    square: float

    def __add__(self, other: FoldSums) -> FoldSums:
        return FoldSums(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def __sub__(self, other: FoldSums) -> FoldSums:
        return FoldSums(*(a - b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def centred(self, features: FloatArray, label: float, used: npt.NDArray[np.bool_]) -> tuple[FloatArray, ...]:
        """Gram matrix, cross products and squares of the used functions, and y, about other origins, per event."""
        n, s = self.events, self.features[used]
        gram = self.gram[np.ix_(used, used)] - np.outer(features, s) - np.outer(s, features)
        cross = self.cross[used] - features * self.label - label * s + n * features * label
        square = self.square - 2 * label * self.label + n * label**2
        return (gram + n * np.outer(features, features)) / n, cross / n, np.asarray(square / n)


@dataclass(frozen=True)
class Prepared:
    """The sums of a design, the penalty of the fit without each fold, and the loss on events left out for it.

    origin, scale   (K,) of the functions
    loss            mean over folds, in units of the label's variance; infinite if no function is usable
    """

    design: Design
    origin: FloatArray
    scale: FloatArray
    sums: tuple[FoldSums, ...]
    penalties: tuple[float, ...]
    loss: float


@dataclass(frozen=True)
class FoldFits:
    """Functions f = constant + Σ c_a φ_a, one without each fold.

    coefficients   (folds, K)
    predictions    (N,) of the label of held-out events
    values         (N,) of f there: the predictions, or their log-odds
    """

    coefficients: FloatArray
    predictions: FloatArray
    values: FloatArray


def prepare(design: Design, x: FloatArray, y: FloatArray, fold: npt.NDArray[np.int64]) -> Prepared:
    """The sums over events x (N, P, s), labels y (N,) of variance 1, and folds, each with some events.

    The penalty without fold m is that with which the other folds but the next predict the next one best.
    """
    folds = int(fold.max()) + 1
    chosen = np.random.Generator(np.random.PCG64(0)).permutation(len(x))[:_PILOT]
    pilot = design.features(x[np.sort(chosen)])
    origin, scale = pilot.mean(axis=0), pilot.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    sums = _sums(_Events(design, x, y, fold, origin, scale))
    everything = _total(sums)
    penalties, losses = [], []
    for m in range(folds):
        inner = (m + 1) % folds
        used = design.usable({m, inner})
        found = _best_penalty(
            everything - sums[m] - sums[inner], sums[inner], used, design.prior(used)[used] * scale[used]
        )
        penalties.append(found[0])
        losses.append(found[1])
    return Prepared(design, origin, scale, sums, tuple(penalties), float(np.mean(losses)))


def smallest_sufficient(
    designs: Iterable[Design], x: FloatArray, y: FloatArray, fold: npt.NDArray[np.int64]
) -> Prepared:
    """The smallest of nested designs that no larger one improves upon by a tenth of its loss."""
    best: Prepared | None = None
    for design in designs:
        if best is not None and (design.size >= len(y) or best.loss < _EXACT):
            break
        found = prepare(design, x, y, fold)
        if best is None or found.loss < _BETTER * best.loss:
            best = found
    assert best is not None
    return best


def fit_folds(
    prepared: Prepared, x: FloatArray, y: FloatArray, fold: npt.NDArray[np.int64], *, binary: bool
) -> FoldFits:
    """The fits: of y by least squares, or of the log-odds of the larger of its two values.

    The log-odds minimise the logistic loss. Its Hessian is at most a quarter of the Gram matrix, so that a Newton step
    with that bound never overshoots (D. Böhning, Ann. Inst. Statist. Math. 44 (1992) 197), and needs no new matrix.
    """
    design, folds, size = prepared.design, len(prepared.sums), len(prepared.scale)
    everything = _total(prepared.sums)
    target = (y - y.min()) / (y.max() - y.min()) if binary else y
    rate = float(target.mean())
    spread = np.sqrt(rate * (1 - rate)) if binary else 1.0
    solvers = [_Solver.of(prepared, everything - prepared.sums[m], m, spread**2) for m in range(folds)]
    constants = np.array([s.label for s in solvers])
    coefficients = np.zeros((folds, size))
    for m, solver in enumerate(solvers):
        coefficients[m, solver.used] = solver.coefficients
    priors = np.array([design.prior(design.usable({m})) * prepared.scale for m in range(folds)])
    if binary:
        constants, coefficients, priors = (
            np.log(rate / (1 - rate)) + constants / spread,
            coefficients / spread,
            priors / spread,
        )
    means = np.array([s.mean for s in solvers])
    events = _Events(design, x, target, fold, prepared.origin, prepared.scale)
    for _ in range(_LOGISTIC if binary else _CORRECTIONS):
        current = _Functions(events, coefficients, constants - np.sum(means * coefficients, axis=1), binary)
        pulls, left = total(map_parts(_left_of, current, stretches(len(x))))
        for m, solver in enumerate(solvers):
            pull = (pulls[m] - means[m] * left[m]) / solver.events
            constants[m] += left[m] / solver.events * (4.0 if binary else 1.0)
            away = (coefficients[m] - priors[m]) * (solver.penalty * spread**2)
            step = solver.solve((pull - away)[solver.used])
            coefficients[m, solver.used] += step * (4.0 if binary else 1.0)
    current = _Functions(events, coefficients, constants - np.sum(means * coefficients, axis=1), binary)
    values = np.concatenate(list(map_parts(_held_out, current, stretches(len(x)))))
    predictions = (expit(values) - rate) / spread if binary else values
    return FoldFits(coefficients / prepared.scale, predictions, values)


@dataclass(frozen=True)
class _Events:
    """What all stretches of a sample share: the design with origin and scale (K,), events, labels and folds."""

    design: Design
    x: FloatArray
    y: FloatArray
    fold: npt.NDArray[np.int64]
    origin: FloatArray
    scale: FloatArray

    @property
    def folds(self) -> int:
        return int(self.fold.max()) + 1

    def features(self, rows: slice) -> FloatArray:
        """(n, K), about their origin and in units of their scale."""
        return (self.design.features(self.x[rows]) - self.origin) / self.scale


@dataclass(frozen=True)
class _Functions:
    """f = offset + Σ c_a φ_a of each fold, `coefficients` (folds, K) and `offsets` (folds,); log-odds if `binary`."""

    events: _Events
    coefficients: FloatArray
    offsets: FloatArray
    binary: bool


def _left_of(current: _Functions, rows: slice) -> list[FloatArray]:
    """Σ r φ (folds, K) and Σ r (folds,) over a stretch; r is what a fit leaves of labels that it may use."""
    events = current.events
    pulls, left = np.zeros(current.coefficients.shape), np.zeros(len(current.offsets))
    for block in blocks(rows):
        phi = events.features(block)
        f = phi @ current.coefficients.T + current.offsets
        r = events.y[block, None] - (expit(f) if current.binary else f)
        r[np.arange(len(f)), events.fold[block]] = 0.0
        pulls += r.T @ phi
        left += r.sum(axis=0)
    return [pulls, left]


def _held_out(current: _Functions, rows: slice) -> FloatArray:
    """f (n,) of the events of a stretch, without their folds."""
    events, found = current.events, []
    for block in blocks(rows):
        f = events.features(block) @ current.coefficients.T + current.offsets
        found.append(f[np.arange(len(f)), events.fold[block]])
    return np.concatenate(found)


@dataclass(frozen=True)
class _Solver:
    """The normal equations without one fold, factorised, and their solution for least squares.

    mean      (K,) of the functions, label of y
    penalty   that of the fit, or the next larger one with which the matrix is positive to rounding
    """

    used: npt.NDArray[np.bool_]
    factor: tuple[FloatArray, bool]
    mean: FloatArray
    label: float
    events: float
    coefficients: FloatArray
    penalty: float

    @classmethod
    def of(cls, prepared: Prepared, others: FoldSums, m: int, curvature: float) -> _Solver:
        used = prepared.design.usable({m})
        mean, label = others.features / others.events, others.label / others.events
        gram, cross, _ = others.centred(mean[used], label, used)
        prior = (prepared.design.prior(used) * prepared.scale)[used]
        penalty, factor = _factored(gram, prepared.penalties[m])
        coefficients = prior + cho_solve(factor, cross - gram @ prior)
        if curvature < 1:  # logistic: the curvature of a quarter in place of `curvature`, with the same penalty
            factor = _factored(gram, 4 * curvature * penalty)[1]
        return cls(used, factor, np.where(used, mean, 0.0), label, others.events, coefficients, penalty)

    def solve(self, right: FloatArray) -> FloatArray:
        return np.asarray(cho_solve(self.factor, right))


def _factored(gram: FloatArray, penalty: float) -> tuple[float, tuple[FloatArray, bool]]:
    while True:
        try:
            return penalty, cho_factor(gram + penalty * np.eye(len(gram)))
        except np.linalg.LinAlgError:
            penalty *= 10.0


def _sums(events: _Events) -> tuple[FoldSums, ...]:
    sums = total(map_parts(_sums_of, events, stretches(len(events.x))))
    return tuple(FoldSums(*parts) for parts in zip(*sums, strict=True))


def _sums_of(events: _Events, stretch: slice) -> list[FloatArray]:
    """The sums of `FoldSums` of every fold, over the events of a stretch."""
    k, folds = len(events.origin), events.folds
    counts, label, square = np.zeros(folds), np.zeros(folds), np.zeros(folds)
    features, cross, gram = np.zeros((folds, k)), np.zeros((folds, k)), np.zeros((folds, k, k))
    for block in blocks(stretch):
        phi = events.features(block)
        for m in range(folds):
            own = events.fold[block] == m
            rows, labels = phi[own], events.y[block][own]
            counts[m] += len(rows)
            features[m] += rows.sum(axis=0)
            gram[m] += rows.T @ rows
            label[m] += labels.sum()
            cross[m] += labels @ rows
            square[m] += labels @ labels
    return [counts, features, gram, label, cross, square]


def _total(sums: tuple[FoldSums, ...]) -> FoldSums:
    total = sums[0]
    for more in sums[1:]:
        total = total + more
    return total


def _best_penalty(
    fitted: FoldSums, left_out: FoldSums, used: npt.NDArray[np.bool_], prior: FloatArray
) -> tuple[float, float]:
    """The penalty of the smallest loss on the events left out, and that loss."""
    if not used.any():
        return float(_PENALTIES[-1]), float("inf")
    mean, label = fitted.features[used] / fitted.events, fitted.label / fitted.events
    gram, cross, _ = fitted.centred(mean, label, used)
    there, toward, square = left_out.centred(mean, label, used)
    best = float(_PENALTIES[-1]), float("inf")
    for penalty in _PENALTIES:
        try:
            factor = cho_factor(gram + penalty * np.eye(len(gram)))
        except np.linalg.LinAlgError:
            continue
        c = prior + cho_solve(factor, cross - gram @ prior)
        loss = max(float(square - 2 * c @ toward + c @ there @ c), 0.0)
        if loss < best[1]:
            best = float(penalty), loss
    return best
