"""Data efficiency: the number of events that a baseline needs for the score of a method with n events.

There are two sources of uncertainty: training (seeds) and evaluation (the finite test set). Seeds are resampled with
Student multipliers, the same for every curve, which also cover with few seeds. Test events are resampled with the same
draw for every trial, because all trials are evaluated on the same events. This gives a covariance of the means over
seeds; the part of it that comes from single seeds is subtracted, because the spread over seeds already contains it.

Coverage in 600 simulated studies of five sizes: a 95 % interval covers the true size in 92 % of them with 3 seeds, 94 %
with 5 and 95 % with 8. Drawing seeds with replacement would cover in 74 %, 89 % and 92 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.stats.curves import Bound, crossings, size_for
from symbench.stats.intervals import student_weights

FloatArray = npt.NDArray[np.float64]

_DRAWN_AT_ONCE = 2_000_000  # events in one draw: 16 MB of weights


@dataclass(frozen=True)
class TestScores:
    """The AUC of a trained classifier, and its scores and the labels (N,) of the test events if they were kept."""

    __test__ = False  # pytest would collect the class because of its name

    auc: float
    scores: npt.NDArray[np.floating] | None = None
    labels: npt.NDArray[np.integer] | None = None


@dataclass(frozen=True)
class EquivalentSize:
    """The baseline's size for equal score: estimate, and interval (None with one seed).

    seeds             number of seeds that baseline and method share at every size used
    events_resampled  whether the interval contains the uncertainty of the test set
    """

    estimate: Bound
    low: Bound | None
    high: Bound | None
    seeds: int
    events_resampled: bool


def equivalent_size(
    method: Mapping[int, TestScores],
    baseline: Mapping[int, Mapping[int, TestScores]],
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> EquivalentSize | None:
    """The size at which the baseline's interpolated learning curve reaches the method's mean AUC.

    method      seed → test scores at one training size
    baseline    training size → seed → test scores
    Only seeds that all of them have are used, so that the training data are the same; None without such a seed.
    """
    common = set(method).intersection(*baseline.values()) if baseline else set()
    return _crossing(method, baseline, sorted(common), level, resamples, seed)


def size_for_target(
    target: float,
    curve: Mapping[int, Mapping[int, TestScores]],
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> EquivalentSize | None:
    """N(target): the size at which a learning curve (size → seed → test scores) reaches a fixed score.

    Only seeds that every size has are used; None without such a seed.
    """
    common = set.intersection(*(set(by_seed) for by_seed in curve.values())) if curve else set()
    return _crossing(target, curve, sorted(common), level, resamples, seed)


def _crossing(
    target: Mapping[int, TestScores] | float,
    curve: Mapping[int, Mapping[int, TestScores]],
    seeds: list[int],
    level: float,
    resamples: int,
    seed: int,
) -> EquivalentSize | None:
    if not seeds:
        return None
    sizes = sorted(curve)
    rows = [curve[n] for n in sizes] + ([] if isinstance(target, float) else [target])
    cells = [[row[s] for s in seeds] for row in rows]
    means = [math.fsum(cell.auc for cell in row) / len(row) for row in cells]  # bitwise equal to `bootstrap_mean`
    points, goal = means[: len(sizes)], target if isinstance(target, float) else means[-1]
    estimate = size_for(sizes, points, goal)
    if len(seeds) < 2:
        return EquivalentSize(estimate, None, None, len(seeds), False)
    shared = _same_test_events([cell for row in cells for cell in row])
    generator = np.random.default_rng(seed)
    table = np.array([[cell.auc for cell in row] for row in cells])
    weights = student_weights(len(seeds), resamples, generator)
    curves = weights @ table.T
    if shared:
        curves += _event_shifts(_resampled_table(cells, resamples, generator), generator)
    goals = np.full(resamples, goal) if isinstance(target, float) else curves[:, -1]
    resampled = np.sort(crossings(sizes, curves[:, : len(sizes)], goals))
    tail = (1.0 - level) / 2.0
    low, high = resampled[int(tail * resamples)], resampled[min(resamples - 1, int((1.0 - tail) * resamples))]
    return EquivalentSize(estimate, _bound(float(low), sizes), _bound(float(high), sizes), len(seeds), shared)


def _bound(size: float, sizes: list[int]) -> Bound:
    """A crossing as a number, or as a limit if it lies beyond the measured sizes."""
    if np.isinf(size):
        return Bound(float(sizes[-1]), ">") if size > 0 else Bound(float(sizes[0]), "<")
    return Bound(size)


def resampled_auc(
    scores: npt.ArrayLike, labels: npt.ArrayLike, weights: npt.NDArray[np.integer] | FloatArray
) -> FloatArray:
    """AUC of each resample of the test events, to first order in the weights.

    scores (..., N); labels (N,), 1 for signal; weights (R, N) multiplicities of the events; result (R,
    ...). With the placement values V₊ᵢ (share of the background below signal event i) and V₋ⱼ (share of the
    signal above background event j), ties counting half,

        AUC_w = Σᵢ wᵢ V₊ᵢ / W₊ + Σⱼ wⱼ V₋ⱼ / W₋ − AUC

    (the projection in the variance of DeLong et al., Biometrics 44 (1988) 837). The neglected terms are of order 1/N,
    compared with fluctuations of order 1/√N, and all trials are resampled by one matrix product. NaN if a resample
    lacks a class.
    """
    s = np.asarray(scores, dtype=np.float64)
    signal = np.asarray(labels) == 1
    rows = s.reshape(-1, s.shape[-1])
    values = np.stack([_placements(row, signal) for row in rows], axis=1)  # (N, rows)
    auc = values[signal].mean(axis=0)
    w = np.asarray(weights, dtype=np.float64)
    positive, negative = w[:, signal], w[:, ~signal]
    with np.errstate(invalid="ignore", divide="ignore"):
        above = positive @ values[signal] / positive.sum(axis=1, keepdims=True)
        below = negative @ values[~signal] / negative.sum(axis=1, keepdims=True)
    return np.asarray((above + below - auc).reshape(len(w), *s.shape[:-1]))


def _placements(scores: FloatArray, signal: npt.NDArray[np.bool_]) -> FloatArray:
    result = np.empty(len(scores))
    for members, sign in ((signal, 1.0), (~signal, -1.0)):
        others = np.sort(sign * scores[~members])
        at = sign * scores[members]
        below, up_to = np.searchsorted(others, at, side="left"), np.searchsorted(others, at, side="right")
        result[members] = (below + up_to) / (2.0 * len(others))
    return result


def _event_shifts(aucs: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Random shifts (resamples, rows) of the mean AUC of every row by other test events, from aucs (rows, seeds, R).

    They are normal, with the covariance over R of the means over seeds, less 1/n of that of single seeds about the
    mean. Eigenvalues of the difference that noise makes negative are set to zero.
    """
    rows, seeds, resamples = aucs.shape
    means = aucs.mean(axis=1)
    own = (aucs - means[:, None]).transpose(1, 0, 2)
    own = own - own.mean(axis=2, keepdims=True)
    single = np.einsum("sar,sbr->ab", own, own) / (resamples - 1) / (seeds - 1)
    values, axes = np.linalg.eigh(np.cov(means).reshape(rows, rows) - single / seeds)
    drawn = generator.normal(size=(resamples, rows))
    return np.asarray((drawn * np.sqrt(np.maximum(values, 0.0))) @ axes.T)


def _resampled_table(cells: list[list[TestScores]], resamples: int, generator: np.random.Generator) -> FloatArray:
    """AUC (rows, seeds, resamples) of each resample of the test events, which all cells share."""
    table = np.array([[cell.auc for cell in row] for row in cells])
    result = np.repeat(table[:, :, None], resamples, axis=2)
    labels = cells[0][0].labels
    assert labels is not None, "only cells that share their test events are resampled"
    n = len(labels)
    scores = np.stack([cell.scores for row in cells for cell in row if cell.scores is not None])
    chunk = max(1, _DRAWN_AT_ONCE // n)
    for start in range(0, resamples, chunk):
        stop = min(start + chunk, resamples)
        drawn = generator.integers(0, n, size=(stop - start, n)) + np.arange(stop - start)[:, None] * n
        weights = np.bincount(drawn.ravel(), minlength=(stop - start) * n).reshape(-1, n)
        auc = resampled_auc(scores, labels, weights).T.reshape(*table.shape, -1)
        result[:, :, start:stop] = np.where(np.isnan(auc), table[:, :, None], auc)
    return result


def _same_test_events(cells: list[TestScores]) -> bool:
    first = cells[0].labels
    if first is None or not 0 < int(np.sum(first == 1)) < len(first):
        return False
    return all(
        cell.scores is not None
        and cell.labels is not None
        and cell.scores.shape == first.shape
        and np.array_equal(cell.labels, first)
        for cell in cells
    )
