"""Goodness of fit: whether a family of functions describes a label, by what it leaves of held-out labels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from symbench.discovery.shared.polynomials import fit_polynomial

FloatArray = npt.NDArray[np.float64]

_DEGREE, _TERMS = 4, 500  # of the polynomials that look for structure in what is left
_ROUNDING = 1e-6  # of the label's spread: errors below it are those of arithmetic
_CONFIDENCE = 0.99  # one-sided: that they find some, and of the upper limit


@dataclass(frozen=True)
class Description:
    """What a fit leaves of a label.

    unexplained   root mean square of the held-out errors, in spreads of the label
    upper         its one-sided upper confidence limit: twenty events may agree with a fit by chance
    structured    whether these errors depend on x: a polynomial of degree 4 predicts left-out ones
    """

    unexplained: float
    upper: float
    structured: bool

    def suffices(self, exact: float, largest: float) -> bool:
        """Whether a symmetry of the fit is one of the label.

        What is left is either smaller than `exact`, the size of effects that count as none, or noise: smaller than
        `largest`, and without structure.
        """
        return self.upper <= exact or (self.upper <= largest and not self.structured)


def describe(x: FloatArray, errors: FloatArray) -> Description:
    """The description of labels of spread 1 with these held-out errors (N,) at x (N, P, s)."""
    n, squares = len(errors), errors**2
    unexplained = math.sqrt(float(squares.mean()))
    upper = math.sqrt(float(squares.mean() + stdtrit(n - 1, _CONFIDENCE) * squares.std(ddof=1) / math.sqrt(n)))
    if unexplained < _ROUNDING:
        return Description(unexplained, upper, False)
    rest = errors / unexplained
    alone = (rest - rest.mean()) * n / (n - 1)
    gain = alone**2 - fit_polynomial(x, rest, degree=_DEGREE, most_terms=_TERMS).left_out ** 2
    mean, error = float(gain.mean()), float(gain.std(ddof=1)) / math.sqrt(n)
    found = mean > 0 and (error == 0 or float(stdtr(n - 1, mean / error)) > _CONFIDENCE)
    return Description(unexplained, upper, found)
