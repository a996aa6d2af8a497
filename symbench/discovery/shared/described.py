"""Goodness of fit: whether a family of functions describes a label, by what it leaves of held-out labels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit
from scipy.stats import spearmanr

from symbench.discovery.shared.log_odds import LogOdds, in_errors, log_losses
from symbench.discovery.shared.polynomials import fit_polynomial
from symbench.discovery.shared.ridge import ridge_fit
from symbench.discovery.shared.score_test import missing_part

FloatArray = npt.NDArray[np.float64]

_DEGREE, _TERMS = 4, 500  # of the polynomials that look for structure in what is left
_WIDTHS = (0.5, 1.0, 2.0)  # of the Gaussians that do, in root mean squares of a coordinate
_ENOUGH = 50  # events, of fewer of which a fit may be good by chance
_MOST = 300  # events on which structure is looked for: the cost grows with the cube
_ROUNDING = 1e-6  # of the label's spread: errors below it are those of arithmetic
_MISSING = 0.1  # of the spread of log-odds: a term of degree n has a label spread of √n times its size, 0.2 for n = 4
_CONFIDENCE = 0.99  # one-sided: that they find some, and of the upper limit


@dataclass(frozen=True)
class Description:
    """What a fit leaves of a label.

    unexplained   root mean square of the held-out errors, in spreads of the label; of classes, of the part of the
                  log-odds that is missing, in spreads of theirs (`score_test`)
    upper         its one-sided upper confidence limit: twenty events may agree with a fit by chance
    structured    whether these errors depend on x: left-out ones are correlated, in ranks, with what is predicted for
                  them by the best of polynomials of degree 4 and sums of Gaussians
    events        N
    classes       whether the label is a class, and f its log-odds
    """

    unexplained: float
    upper: float
    structured: bool
    events: int
    classes: bool = False

    def suffices(self, exact: float, largest: float) -> bool:
        """Whether a symmetry of the fit is one of the label.

        What is left is either smaller than `exact`, the size of effects that count as none, or noise: smaller than
        `largest`, and without structure, of which fewer than fifty events say nothing. A class is
        noise to a large part always, which is not in what is left of its log-odds.
        """
        if self.classes:
            return not self.structured and self.upper <= _MISSING
        noise = self.events >= _ENOUGH and not self.structured
        return self.upper <= (largest if noise else exact)


def describe(x: FloatArray, errors: FloatArray) -> Description:
    """The description of labels of spread 1 with these held-out errors (N,) at x (N, P, s)."""
    n, squares = len(errors), errors**2
    unexplained = math.sqrt(float(squares.mean()))
    upper = math.sqrt(float(squares.mean() + stdtrit(n - 1, _CONFIDENCE) * squares.std(ddof=1) / math.sqrt(n)))
    if unexplained < _ROUNDING:
        return Description(unexplained, upper, False, n)
    x, rest = x[:_MOST], errors[:_MOST] / unexplained
    expected = rest - _most_predictive(x, rest)
    correlation = float(spearmanr(expected, rest).statistic) if np.ptp(expected) > 0 else 0.0
    structured = correlation * math.sqrt(len(rest) - 1) > float(ndtri(_CONFIDENCE))
    return Description(unexplained, upper, structured, n)


def describe_classes(fit: LogOdds, x: FloatArray, y: FloatArray, log_odds: FloatArray) -> Description:
    """The description of classes y (N,), 0 and 1, at x (N, P, s), by a fit to all events.

    log_odds   (N,) of held-out events: if their log loss is not below that of a constant, nothing is described
    """
    rate = float(y.mean())
    gains = log_losses(np.full(len(y), math.log(rate / (1 - rate))), y) - log_losses(log_odds, y)
    if not in_errors(gains) > float(ndtri(_CONFIDENCE)):
        return Description(math.inf, math.inf, False, len(y), classes=True)
    missing = missing_part(fit, x, y)
    return Description(missing.size, missing.upper, missing.significant, len(y), classes=True)


def _most_predictive(x: FloatArray, rest: FloatArray) -> FloatArray:
    """Left-out errors (N,) of the function of x that predicts left-out values of `rest` best."""
    flat = x.reshape(len(x), -1)
    distance = np.sum((flat[:, None] - flat) ** 2, axis=2) / flat.shape[1]
    waves = [ridge_fit(np.exp(-distance / (2 * width**2)), rest).left_out for width in _WIDTHS]
    found = [fit_polynomial(x, rest, degree=_DEGREE, most_terms=_TERMS).left_out, *waves]
    return min(found, key=lambda left_out: float(np.mean(left_out**2)))
