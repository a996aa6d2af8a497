"""The uncertainty of AUCs, and of errors of regressions, due to the finite test set, which all trials of a table share.

An AUC is a mean over test events: with the placement values V₊ᵢ (share of the background below signal event i) and V₋ⱼ
(share of the signal above background event j), AUC = mean V₊ = mean V₋, and the covariance of two AUCs on the same
events is Cov(V₊)/n₊ + Cov(V₋)/n₋ (E. DeLong, D. DeLong & D. Clarke-Pearson, Biometrics 44 (1988) 837).

A score that is a smooth function of a mean over events, as −log₁₀ of a mean squared error, has in the place of V what
each event contributes to it to first order: its covariance is Cov(V)/n, of one group of events.

For means over seeds, V is averaged over seeds. The part that comes from single seeds is subtracted, because the spread
over seeds already contains it: what is left is common to all seeds, and more seeds do not reduce it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TestScores:
    """The score of a trained network, and what was kept of its test events.

    auc              of a classifier; of a regressor its own score
    scores           of a classifier (N,), with the labels and weights (N,) of the events
    contributions    of a regressor: what each event adds to its score to first order (N,)
    """

    __test__ = False  # pytest would collect the class because of its name

    auc: float
    scores: npt.NDArray[np.floating] | None = None
    labels: npt.NDArray[np.integer] | None = None
    weights: FloatArray | None = None
    contributions: FloatArray | None = None

    @property
    def deviation(self) -> float | None:
        """Standard deviation of the score of a regressor by other test events; None if nothing was kept."""
        kept = self.contributions
        return None if kept is None or len(kept) < 2 else float(np.std(kept, ddof=1) / np.sqrt(len(kept)))


def event_covariance(rows: Sequence[Mapping[int, TestScores]]) -> FloatArray | None:
    """Covariance (rows, rows) of the mean scores of entries, each seed → scores, by other test events.

    Positive semidefinite: eigenvalues that the subtraction makes negative are set to zero. None unless all trials kept
    their scores of the same test events, of two classes, or the contributions of these events.
    """
    cells = [cell for row in rows for cell in row.values()]
    if not all(rows):
        return None
    weights = cells[0].weights
    if (events := _same_contributions(cells)) is not None:
        signal = np.ones(events, dtype=bool)
        placed = [
            {seed: cell.contributions for seed, cell in row.items() if cell.contributions is not None} for row in rows
        ]
    elif (labels := _same_test_events(cells)) is not None:
        signal = labels == 1
        placed = [
            {seed: placements(cell.scores, signal, weights) for seed, cell in row.items() if cell.scores is not None}
            for row in rows
        ]
    else:
        return None
    means = np.stack([np.mean(list(row.values()), axis=0) for row in placed])
    covariance = _delong(means, means, signal, weights)
    for a in range(len(rows)):
        for b in range(a, len(rows)):
            common = sorted(placed[a].keys() & placed[b].keys())
            if len(common) < 2:
                continue
            own = [np.stack([placed[i][seed] for seed in common]) for i in (a, b)]
            own = [values - values.mean(axis=0) for values in own]
            single = sum(float(_delong(x[None], y[None], signal, weights)[0, 0]) for x, y in zip(*own, strict=True))
            part = single / (len(common) - 1) * len(common) / (len(placed[a]) * len(placed[b]))
            covariance[a, b] -= part
            covariance[b, a] = covariance[a, b]
    values, axes = np.linalg.eigh(covariance)
    return np.asarray((axes * np.maximum(values, 0.0)) @ axes.T)


def variance_of_difference(covariance: FloatArray, one: int, other: int) -> float:
    """Variance of the difference of two rows."""
    value = covariance[one, one] + covariance[other, other] - 2.0 * covariance[one, other]
    return max(0.0, float(value))


def placements(scores: npt.ArrayLike, signal: npt.NDArray[np.bool_], weights: FloatArray | None = None) -> FloatArray:
    """V₊ of signal events and V₋ of background events (N,), ties counting half; shares of weight with weights."""
    s = np.asarray(scores, dtype=np.float64)
    result = np.empty(len(s))
    for members, sign in ((signal, 1.0), (~signal, -1.0)):
        order = np.argsort(sign * s[~members], kind="stable")
        others = (sign * s[~members])[order]
        at = sign * s[members]
        below, up_to = np.searchsorted(others, at, side="left"), np.searchsorted(others, at, side="right")
        if weights is not None:
            summed = np.concatenate([[0.0], np.cumsum(weights[~members][order])])
            result[members] = (summed[below] + summed[up_to]) / (2.0 * summed[-1])
            continue
        result[members] = (below + up_to) / (2.0 * len(others))
    return result


def _delong(
    one: FloatArray, other: FloatArray, signal: npt.NDArray[np.bool_], weights: FloatArray | None = None
) -> FloatArray:
    """Cov(V₊)/n₊ + Cov(V₋)/n₋ of the rows of two arrays of placement values (rows, N).

    With weights the AUC is Σ w V / Σ w, and 1/n (n − 1) · Σ (V − AUC)² becomes Σ w²(V − AUC)²/(Σw)² · n/(n − 1).
    """
    total = np.zeros((len(one), len(other)))
    for members in (signal, ~signal):
        n = int(members.sum())
        if not n:
            continue
        x, y = one[:, members], other[:, members]
        if weights is not None:
            w = weights[members] / weights[members].sum()
            x, y = w * (x - x @ w[:, None]), w * (y - y @ w[:, None])
            total += x @ y.T * n / max(n - 1, 1)
            continue
        x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
        total += x @ y.T / max(n - 1, 1) / n
    return total


def _same_contributions(cells: Sequence[TestScores]) -> int | None:
    """The number of test events if all cells kept what each adds to the score; the test events of a task are fixed."""
    lengths = {None if cell.contributions is None else len(cell.contributions) for cell in cells}
    return next(iter(lengths)) if len(lengths) == 1 else None


def _same_test_events(cells: Sequence[TestScores]) -> npt.NDArray[np.integer] | None:
    """The labels of the test events if all cells kept scores of the same ones, of two classes."""
    first = cells[0].labels
    if first is None or not 0 < int(np.sum(first == 1)) < len(first):
        return None
    same = all(
        cell.scores is not None
        and cell.labels is not None
        and cell.scores.shape == first.shape
        and np.array_equal(cell.labels, first)
        and _same_weights(cell.weights, cells[0].weights, first == 1)
        for cell in cells
    )
    return first if same else None


def _same_weights(one: FloatArray | None, other: FloatArray | None, signal: npt.NDArray[np.bool_]) -> bool:
    """Whether both are the same, or absent; and those of each class add up to a positive number."""
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other) and bool(one[signal].sum() > 0 and one[~signal].sum() > 0)
