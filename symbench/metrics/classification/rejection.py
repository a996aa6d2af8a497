"""Background rejection at a signal efficiency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    from symbench.metrics.classification.outputs import Floats, Labels

EFFICIENCIES = (30, 50)
"""Signal efficiencies in percent."""

METRICS = (
    *(
        Metric(
            f"rejection_{p}", f"rejection at {p} %", f"background rejection at {p} % signal efficiency", "", "higher", 1
        )
        for p in EFFICIENCIES
    ),
    *(
        Metric(f"rejection_{p}_error", f"its error ({p} %)", "binomial error of the rejection", decimals=1)
        for p in EFFICIENCIES
    ),
)


@dataclass(frozen=True)
class Rejection:
    """Background rejection 1/ε_B at a signal efficiency.

    value  if no background passes, the value that one passing event would give. It is a lower limit with 63 %
           confidence: if the true rejection equals it, no event passes with probability 1/e
    error  binomial standard error; None for a lower limit
    """

    value: float
    error: float | None

    @property
    def is_bound(self) -> bool:
        return self.error is None


def passing_background(
    scores: Floats, labels: Labels, signal_efficiencies: Sequence[float]
) -> tuple[list[int], int] | None:
    """The background events that pass at each signal efficiency, and all of them; None if a class is missing.

    The cut is at the highest score that at least this share of the signal reaches; an event with exactly this score
    passes. Raises ValueError for an efficiency outside (0, 1].
    """
    import numpy as np

    odd = [efficiency for efficiency in signal_efficiencies if not 0 < efficiency <= 1]
    if odd:
        raise ValueError(f"a signal efficiency must lie in (0, 1], got {odd[0]}")
    signal, background = np.sort(scores[labels == 1])[::-1], scores[labels == 0]
    if len(signal) == 0 or len(background) == 0:
        return None
    # 0.07 · 100 is rounded to a little more than 7, and seven events are enough
    needed = [int(np.ceil(efficiency * len(signal) - 1e-9)) for efficiency in signal_efficiencies]
    return [int(np.count_nonzero(background >= signal[n - 1])) for n in needed], len(background)


def background_rejection(scores: Floats, labels: Labels, signal_efficiency: float) -> Rejection | None:
    """1/ε_B at a signal efficiency, by the cut of `passing_background`; None if a class is missing.

    The error follows from the binomial one of ε_B = n/N: (N/n) √((1 − ε_B)/n).
    """
    import numpy as np

    counts = passing_background(scores, labels, [signal_efficiency])
    if counts is None:
        return None
    (passing,), total = counts
    if passing == 0:
        return Rejection(float(total), None)
    value = total / passing
    return Rejection(value, float(value * np.sqrt((1 - 1 / value) / passing)))


def weighted_rejection(scores: Floats, labels: Labels, signal_efficiency: float, weights: Floats) -> Rejection | None:
    """1/ε_B with events counted by weight; None if the weights of a class do not add up to a positive number.

    The cut is the highest score at which the weight of the signal above reaches its share. The error is that of a ratio
    of weighted sums, Var ε_B = Σ w²(x − ε_B)²/(Σw)² with x = 1 for events that pass. A lower limit, if no weight is
    left above the cut, is the effective number (Σw)²/Σw² of background events.
    """
    import numpy as np

    signal, background = labels == 1, labels == 0
    total_signal, total = float(weights[signal].sum()), float(weights[background].sum())
    if min(total_signal, total) <= 0:
        return None
    order = np.argsort(-scores[signal], kind="stable")
    cut_scores, summed = scores[signal][order], np.cumsum(weights[signal][order])
    last = np.append(cut_scores[1:] != cut_scores[:-1], True)  # an event with exactly the score of the cut passes
    reached = np.flatnonzero(last & (summed >= signal_efficiency * total_signal * (1 - 1e-12)))
    if not len(reached):
        return None
    passes, w = scores[background] >= cut_scores[reached[0]], weights[background]
    efficiency = min(float(w[passes].sum()) / total, 1.0)
    if efficiency <= 0:
        return Rejection(total**2 / float(np.square(w).sum()), None)
    variance = float(np.square(w * (passes - efficiency)).sum()) / total**2
    return Rejection(1 / efficiency, float(np.sqrt(variance)) / efficiency**2)


def rejection_metrics(
    scores: Floats, labels: Labels, weights: Floats | None = None
) -> tuple[dict[str, float], dict[str, str]]:
    """The rejections with their errors; notes mark those that are lower limits."""
    metrics: dict[str, float] = {}
    notes: dict[str, str] = {}
    for percent in EFFICIENCIES:
        if weights is None:
            rejection = background_rejection(scores, labels, percent / 100)
        else:
            rejection = weighted_rejection(scores, labels, percent / 100, weights)
        if rejection is None:
            continue
        metrics[f"rejection_{percent}"] = rejection.value
        if rejection.error is not None:
            metrics[f"rejection_{percent}_error"] = rejection.error
        else:
            notes[f"rejection_{percent}"] = "lower bound: no background event passes"
    return metrics, notes
