"""Data efficiency: how many events a baseline needs for the score that a method has with n.

Two things are uncertain: what training did (seeds) and on which events it was judged (the test set). Seeds are
resampled with Student multipliers, the same for every curve, so that few of them are not taken for certain. Test events
are resampled with the same draw for every trial, because all are judged on the same events; what enters is the
covariance that this gives to the means over seeds, less what single seeds make of single events, which the spread of
the seeds contains already.

Measured on 600 simulated studies of five sizes: a 95 % interval covers the true size in 92 % of them at 3 seeds, 94 %
at 5 and 95 % at 8, where drawing seeds with replacement would cover in 74 %, 89 % and 92 %."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.stats.curves import Bound, crossings, size_for
from symbench.stats.intervals import student_weights

FloatArray = npt.NDArray[np.float64]

_DRAWN_AT_ONCE = 2_000_000  # events drawn in one go: 16 MB of weights


@dataclass(frozen=True)
class TestScores:
    """What a trained classifier says of the test events: its AUC, and scores and labels (N,) where kept."""

    __test__ = False  # not a test case, whatever pytest thinks of the name

    auc: float
    scores: npt.NDArray[np.floating] | None = None
    labels: npt.NDArray[np.integer] | None = None


@dataclass(frozen=True)
class EquivalentSize:
    """The baseline's size for equal score: estimate, interval (None with one seed), and what went into it.

    seeds             seeds that baseline and method share at every size used
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
    Only seeds that all of them have are used, so that both see the same data; None where there is none.
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

    Only seeds that every size has are used; None where there is none.
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
    means = [math.fsum(cell.auc for cell in row) / len(row) for row in cells]  # as `bootstrap_mean`: to the last bit
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
    found = np.sort(crossings(sizes, curves[:, : len(sizes)], goals))
    tail = (1.0 - level) / 2.0
    low, high = found[int(tail * resamples)], found[min(resamples - 1, int((1.0 - tail) * resamples))]
    return EquivalentSize(estimate, _bound(float(low), sizes), _bound(float(high), sizes), len(seeds), shared)


def _bound(size: float, sizes: list[int]) -> Bound:
    """A crossing as a statement: beyond every size that was measured it is censored."""
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

    (the projection behind the variance of DeLong et al., Biometrics 44 (1988) 837). What it leaves out is
    of order 1/N beside fluctuations of order 1/√N, and it makes a resample of all trials one matrix
    product. NaN where a resample lacks a class.
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
    for mine, sign in ((signal, 1.0), (~signal, -1.0)):
        others = np.sort(sign * scores[~mine])
        at = sign * scores[mine]
        below, up_to = np.searchsorted(others, at, side="left"), np.searchsorted(others, at, side="right")
        result[mine] = (below + up_to) / (2.0 * len(others))
    return result


def _event_shifts(aucs: FloatArray, generator: np.random.Generator) -> FloatArray:
    """What other test events would add to the mean AUC of every row, (resamples, rows), from aucs (rows, seeds, R).

    Normal, with the covariance over R of the means over seeds, less 1/n of that of single seeds about the mean; where
    the difference is not positive, from noise, it counts as zero.
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
