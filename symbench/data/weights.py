"""Weights of events, which may be negative: their effective number, and what is said of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float64]


def effective_number(weight: Weights) -> float:
    """(Σw)²/Σw², the number of events of equal weight that would have the same relative error of their sum.

    Kish, Survey Sampling (1965). Events of equal weight count fully; signs that cancel lower it.
    """
    squares = float(np.square(weight).sum())
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def description(weight: Weights) -> str:
    """How many events there are, how many count, and how many weights are negative."""
    negative = int((weight < 0).sum())
    signs = f", {negative:,} of negative weight" if negative else ""
    return f"{len(weight):,} events{signs}, effective number {effective_number(weight):,.1f}"
