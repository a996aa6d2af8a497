"""Heavy tails: fits whose influence of a single label is bounded, by Huber's loss.

The loss is quadratic within 1.345 scales of the errors and linear beyond; the scale is that of the median error. A
least-squares method minimises it by iteration: labels are replaced by the prediction plus the error, cut at 1.345
scales, and fitted again (P. J. Huber, Robust Statistics, 1981, section 7.8). For normal errors it needs 5 % more events
than least squares, which are therefore tried first.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from symbench.discovery.shared.polynomials import Fitted

FloatArray = npt.NDArray[np.float64]

CUT = 1.345
"""Scales of the errors from which a label's influence does not rise."""

_NORMAL = 1.4826  # standard deviations per median absolute error of a normal distribution
_TAILS, _BY_CHANCE = 1.2, 4.0  # root mean square over median error, in units of a normal distribution; and per √N
_ITERATIONS, _CONVERGED = 30, 1e-3


def scale_of(errors: FloatArray) -> float:
    """The standard deviation of normal errors with the same median size."""
    return float(_NORMAL * np.median(np.abs(errors)))


def has_tails(errors: FloatArray) -> bool:
    """Whether large errors outweigh what a normal distribution with their median has.

    The ratio of the root mean square to that of a normal distribution with the same median error has to exceed 1.2, and
    what it is by chance: for N normal errors it is 1 with an error of 1.37/√N or less.
    """
    return float(np.sqrt(np.mean(errors**2))) > (_TAILS + _BY_CHANCE / math.sqrt(len(errors))) * scale_of(errors)


def cut(errors: FloatArray) -> FloatArray:
    """Huber's ψ (N,): errors of at most 1.345 scales."""
    most = CUT * scale_of(errors)
    return np.clip(errors, -most, most)


def influence(errors: FloatArray) -> FloatArray:
    """ψ/E ψ′ (N,): normal errors of this variance say as much about the function (Huber, 1964)."""
    most = CUT * scale_of(errors)
    inside = float(np.mean(np.abs(errors) <= most))
    return np.asarray(np.clip(errors, -most, most) / max(inside, 1 / len(errors)))


def robust_fit(
    fitter: Callable[[FloatArray, FloatArray], Fitted], x: FloatArray, y: FloatArray
) -> tuple[Fitted, FloatArray]:
    """The fit of smallest Huber loss by a least-squares method, and its predictions (N,) of left-out labels.

    It starts from least squares: labels that are cut about a constant are another function of x.
    """
    predicted = y - fitter(x, y).left_out
    for _ in range(_ITERATIONS):
        labels = predicted + cut(y - predicted)
        fit = fitter(x, labels)
        before, predicted = predicted, labels - fit.left_out
        if float(np.max(np.abs(predicted - before))) <= _CONVERGED * scale_of(y - predicted):
            break
    return fit, predicted
