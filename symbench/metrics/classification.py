"""How well a binary classifier separates, and how far its probabilities can be trusted.

Scores are real numbers that rise with the probability of signal; labels are 1 for signal and 0 for background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Rejection:
    """Background rejection 1/ε_B at a signal efficiency.

    value  where no background passes, the bound that one passing event would give: at the true rejection equal to
           that bound, nothing passes with probability 1/e, so the truth lies above it with 63 % confidence
    error  binomial standard error; None for a bound
    """

    value: float
    error: float | None

    @property
    def is_bound(self) -> bool:
        return self.error is None


def auc(scores: Scores, labels: Labels) -> float | None:
    """Area under the ROC curve: the chance that signal scores above background, ties counting one half.

    None where a class is missing. Mann and Whitney (1947): AUC = (R_S − n_S(n_S + 1)/2) / (n_S n_B) with the sum
    R_S of the signal's mid-ranks.
    """
    from scipy.stats import rankdata

    signal = int(np.count_nonzero(labels))
    background = len(labels) - signal
    if signal == 0 or background == 0:
        return None
    rank_sum = float(rankdata(scores)[labels == 1].sum())
    return (rank_sum - signal * (signal + 1) / 2) / (signal * background)


def accuracy(scores: Scores, labels: Labels, threshold: float = 0.0) -> float:
    """Share of events on the right side of the threshold."""
    return float(np.mean((scores > threshold) == (labels == 1)))


def passing_background(
    scores: Scores, labels: Labels, signal_efficiencies: Sequence[float]
) -> tuple[list[int], int] | None:
    """How many background events pass at each signal efficiency, and of how many; None where a class is missing.

    The cut is at the highest score that at least this share of the signal reaches; an event with exactly this score
    passes. Raises ValueError for an efficiency outside (0, 1].
    """
    odd = [efficiency for efficiency in signal_efficiencies if not 0 < efficiency <= 1]
    if odd:
        raise ValueError(f"a signal efficiency lies in (0, 1], not at {odd[0]}")
    signal, background = np.sort(scores[labels == 1])[::-1], scores[labels == 0]
    if len(signal) == 0 or len(background) == 0:
        return None
    # 0.07 · 100 is rounded to a little more than 7, and seven events are enough
    needed = [int(np.ceil(efficiency * len(signal) - 1e-9)) for efficiency in signal_efficiencies]
    return [int(np.count_nonzero(background >= signal[n - 1])) for n in needed], len(background)


def background_rejection(scores: Scores, labels: Labels, signal_efficiency: float) -> Rejection | None:
    """1/ε_B at a signal efficiency, by the cut of `passing_background`; None where a class is missing.

    The error follows from the binomial one of ε_B = n/N: (N/n) √((1 − ε_B)/n).
    """
    found = passing_background(scores, labels, [signal_efficiency])
    if found is None:
        return None
    (passing,), total = found
    if passing == 0:
        return Rejection(float(total), None)
    value = total / passing
    return Rejection(value, float(value * np.sqrt((1 - 1 / value) / passing)))


def expected_calibration_error(probability: Scores, labels: Labels, bins: int = 15) -> float:
    """Mean distance between confidence and accuracy over equal bins of confidence, weighted by their events.

    probability  (N,) of signal;  confidence is that of the predicted class. Guo et al. (2017), equation 3.
    """
    predicted = probability > 0.5
    confidence = np.where(predicted, probability, 1 - probability)
    right = predicted == (labels == 1)
    which = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gap = np.bincount(which, weights=confidence - right, minlength=bins)
    return float(np.abs(gap).sum() / len(labels))
