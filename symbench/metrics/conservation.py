"""How good claimed conserved quantities are: constant along unseen trajectories, independent, and the true ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.tasks.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]

RANK_BOUND = 0.05
"""Singular values of the normalised gradients below this share of the largest count as zero."""

_CONSTANT = 1e-6
_MAX_STATES = 1_200
_RIDGES = (1e-6, 1e-4, 1e-2)
_WIDTHS = (0.5, 1.0, 2.0)


def drop_constants(claim: ConservedQuantities, x: FloatArray) -> ConservedQuantities:
    """The claim without functions that are constant on the whole domain, sampled by states x (M, D)."""
    if claim.count == 0:
        return claim
    values = claim.values(x)
    size = np.sqrt(np.mean(values**2, axis=0))
    kept = np.flatnonzero(values.std(axis=0) > _CONSTANT * np.maximum(size, np.finfo(np.float64).tiny))
    return ConservedQuantities(
        len(kept), lambda states: claim.values(states)[:, kept], lambda states: claim.gradients(states)[:, kept]
    )


def functional_rank(claim: ConservedQuantities, x: FloatArray) -> int:
    """The number of functionally independent functions: the median rank of their gradients over states x (M, D).

    Gradients are taken in units of each coordinate's spread and have length 1, so that neither units nor the scale of
    a function decide.
    """
    if claim.count == 0:
        return 0
    gradients = claim.gradients(x) * x.std(axis=0)
    lengths = np.linalg.norm(gradients, axis=2, keepdims=True)
    unit = gradients / np.maximum(lengths, np.finfo(np.float64).tiny)
    values = np.linalg.svd(unit, compute_uv=False)
    return int(np.median((values > RANK_BOUND * values[:, :1]).sum(axis=1)))


def drifts(claim: ConservedQuantities, x: FloatArray) -> FloatArray:
    """√(variance within trajectories / total variance) of each function (k,), x (N, T, D); 0 is exact."""
    n, steps, dimension = x.shape
    values = claim.values(x.reshape(-1, dimension)).reshape(n, steps, claim.count)
    return np.asarray(np.sqrt(values.var(axis=1).mean(axis=0) / values.reshape(-1, claim.count).var(axis=0)))


def flow_defects(claim: ConservedQuantities, x: FloatArray, velocity: FloatArray) -> FloatArray:
    """δ with δ² = E[(∇C·ẋ)²] / E[‖∇C‖²‖ẋ‖²] of each function (k,), at states x and velocities (M, D).

    In units of each coordinate's spread, as every length here.
    """
    spread = x.std(axis=0)
    gradients, flow = claim.gradients(x) * spread, velocity / spread
    change = np.einsum("mkd,md->mk", gradients, flow) ** 2
    largest = (gradients**2).sum(axis=2) * (flow**2).sum(axis=1)[:, None]
    return np.asarray(np.sqrt(change.mean(axis=0) / largest.mean(axis=0)))


def explained(targets: FloatArray, given: FloatArray, group: npt.NDArray[np.intp]) -> FloatArray:
    """R² ∈ [0, 1] (q,) of targets (M, q) predicted from given (M, k): is one a function of the other?

    A Gaussian kernel regression on normal scores of the inputs; its width and ridge are chosen, and R² is taken, on
    trajectories (`group`, (M,)) that it was not fitted to.
    """
    if given.shape[1] == 0 or targets.shape[1] == 0:
        return np.zeros(targets.shape[1])
    inputs = np.stack([_normal_scores(column) for column in given.T], axis=1)
    part = group % 3  # fit, choose, judge
    fit, choose, judge = (_thinned(np.flatnonzero(part == i)) for i in range(3))
    y = (targets - targets[fit].mean(axis=0)) / np.maximum(targets[fit].std(axis=0), np.finfo(np.float64).tiny)
    best = np.full(targets.shape[1], np.inf)
    scores = np.zeros(targets.shape[1])
    for width in _WIDTHS:
        kernel = [_kernel(inputs[rows], inputs[fit], width * np.sqrt(given.shape[1])) for rows in (fit, choose, judge)]
        for ridge in _RIDGES:
            weights = np.linalg.solve(kernel[0] + ridge * len(fit) * np.eye(len(fit)), y[fit])
            error = np.mean((kernel[1] @ weights - y[choose]) ** 2, axis=0)
            judged = 1 - np.mean((kernel[2] @ weights - y[judge]) ** 2, axis=0) / np.maximum(
                y[judge].var(axis=0), np.finfo(np.float64).tiny
            )
            better = error < best
            best, scores = np.where(better, error, best), np.where(better, judged, scores)
    return np.asarray(np.clip(scores, 0, 1))


def _normal_scores(values: FloatArray) -> FloatArray:
    """Ranks through the normal quantile function: the shape of a learned function's scale does not matter."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    return np.asarray(ndtri((rankdata(values) - 0.5) / len(values)))


def _kernel(a: FloatArray, b: FloatArray, width: float) -> FloatArray:
    square = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.exp(-np.maximum(square, 0) / (2 * width**2)))


def _thinned(rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """At most _MAX_STATES / 3 of the rows, evenly."""
    most = _MAX_STATES // 3
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.intp)]
