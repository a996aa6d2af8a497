"""Quality of claimed conserved quantities: constancy along held-out trajectories, independence, and agreement.

Lengths of gradients and velocities are measured in a frame of the data (`frame_of`), in which states have unit spread
in every direction of the data. The results are independent of units and of linear changes of coordinates. Directions in
which the data do not extend are excluded, such as the total momentum of bodies with their centre of mass at rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]

RANK_BOUND = 0.05
"""Singular values of the normalised gradients below this share of the largest count as zero."""

_SUPPORT = 1e-5  # of the largest spread: directions with less spread are excluded
_STATES = 450  # in a regression, with cubic cost: at least one state of each of 300 trajectories
_FOLDS = 3
_RIDGES = (1e-7, 1e-5, 1e-3, 1e-1)
_WIDTHS = (0.5, 1.0, 2.0, 4.0)
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Frame:
    """Coordinates z = (x − mean) @ down of states x (M, D), with unit covariance.

    mean    (D,)
    down    (D, r) states to z; r is the dimension of the subspace that the data extend in
    up      (r, D) back: x = mean + z @ up within that subspace
    """

    mean: FloatArray
    down: FloatArray
    up: FloatArray

    @property
    def rank(self) -> int:
        return len(self.up)

    def states(self, x: FloatArray) -> FloatArray:
        """States (M, D) in the frame: (M, r)."""
        return np.asarray((x - self.mean) @ self.down)

    def velocities(self, velocity: FloatArray) -> FloatArray:
        """Velocities (M, D) in the frame: (M, r)."""
        return np.asarray(velocity @ self.down)

    def gradients(self, gradients: FloatArray) -> FloatArray:
        """Gradients (…, D) in the frame: (…, r); components orthogonal to the subspace are dropped."""
        return np.asarray(gradients @ self.up.T)


def frame_of(x: FloatArray) -> Frame:
    """The frame of states x (M, D); coordinates are first scaled to unit spread, so that r is independent of units."""
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    values, vectors = np.linalg.eigh(np.cov((x - mean) / spread, rowvar=False).reshape(x.shape[1], x.shape[1]))
    kept = values > _SUPPORT**2 * max(float(values[-1]), _TINY)
    lengths, axes = np.sqrt(values[kept]), vectors[:, kept]
    return Frame(mean, axes / lengths / spread[:, None], (axes * lengths).T * spread)


def functional_rank(claim: ConservedQuantities, x: FloatArray) -> int:
    """The number of functionally independent functions: the median rank of their gradients over states x (M, D).

    Gradients are taken in the frame of the data and normalised, so that the result is independent of units and of the
    scale of a function.
    """
    if claim.count == 0:
        return 0
    frame = frame_of(x)
    if frame.rank == 0:
        return 0
    values = np.linalg.svd(_unit(frame.gradients(claim.gradients(x))), compute_uv=False)
    return int(np.median(((values > RANK_BOUND * values[:, :1]) & (values > 0)).sum(axis=1)))


def span_shares(claim: ConservedQuantities, truth: ConservedQuantities, x: FloatArray) -> tuple[float, float]:
    """Recall and precision of the span of gradients, in [0, 1], means over states x (M, D); both counts ≥ 1.

    Locally, a set of functions is represented by the span of its gradients, which does not change if functions are
    replaced by functions of each other. Recall is the share of the true span inside the claimed one,
    ‖P_claimed B_true‖² / dim, and precision the reverse.
    """
    frame = frame_of(x)
    bases = [_bases(frame.gradients(functions.gradients(x))) for functions in (claim, truth)]
    common = np.sum(np.einsum("mkd,mjd->mkj", *bases) ** 2, axis=(1, 2))
    claimed, true = (np.sum(basis**2, axis=(1, 2)) for basis in bases)
    return (
        float(np.mean(np.divide(common, true, out=np.zeros_like(common), where=true > 0))),
        float(np.mean(np.divide(common, claimed, out=np.zeros_like(common), where=claimed > 0))),
    )


def flow_defects(claim: ConservedQuantities, x: FloatArray, velocity: FloatArray) -> FloatArray:
    """δ with δ² = E[(∇C·ẋ)²] / E[‖∇C‖²‖ẋ‖²] of each function (k,), at states x and velocities (M, D).

    In the frame of the data; 1 for a function without gradient there.
    """
    frame = frame_of(x)
    gradients, flow = frame.gradients(claim.gradients(x)), frame.velocities(velocity)
    change = (np.einsum("mkd,md->mk", gradients, flow) ** 2).mean(axis=0)
    largest = ((gradients**2).sum(axis=2) * (flow**2).sum(axis=1)[:, None]).mean(axis=0)
    return np.asarray(np.sqrt(np.divide(change, largest, out=np.ones_like(change), where=largest > 0)))


def explained(targets: FloatArray, given: FloatArray, group: npt.NDArray[np.intp]) -> FloatArray:
    """R² ∈ [0, 1] (q,) of targets (M, q) predicted from given (M, k); 1 if the targets are functions of the others.

    A Gaussian kernel regression between normal scores, so that monotonic transformations of a function do not matter.
    Each third of the trajectories (`group`, (M,)) is predicted by a fit to the other two, with the best width and
    ridge. A conserved quantity has one value for each trajectory, so more trajectories help and more states hardly do:
    800 states instead of 450 change the R² of conserved functions by at most 0.02, and of others by 0.08, at three
    times the cost.

    Raises ValueError for fewer than three trajectories.
    """
    from scipy.linalg import solve
    from threadpoolctl import threadpool_limits

    if given.shape[1] == 0 or targets.shape[1] == 0:
        return np.zeros(targets.shape[1])
    rows, fold = _folds(group)
    inputs, y = (
        np.stack([_normal_scores(column) for column in columns[rows].T], axis=1) for columns in (given, targets)
    )
    square = (inputs**2).sum(axis=1)
    distance = np.maximum(square[:, None] + square - 2 * inputs @ inputs.T, 0) / given.shape[1]
    parts = [(np.flatnonzero(fold == part), np.flatnonzero(fold != part)) for part in range(_FOLDS)]
    best = np.full(targets.shape[1], np.inf)
    with threadpool_limits(1):  # on a busy machine, waiting threads take more time than they save
        for width in _WIDTHS:
            kernel = np.exp(-distance / (2 * width**2))
            for ridge in _RIDGES:
                error = np.zeros_like(best)
                for out, fit in parts:
                    system = kernel[np.ix_(fit, fit)] + ridge * len(fit) * np.eye(len(fit))
                    predicted = kernel[np.ix_(out, fit)] @ solve(system, y[fit], assume_a="pos")
                    error += np.sum((predicted - y[out]) ** 2, axis=0)
                best = np.minimum(best, error)
    return np.asarray(np.clip(1 - best / np.maximum(np.sum((y - y.mean(axis=0)) ** 2, axis=0), _TINY), 0, 1))


def _folds(group: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """At most _STATES evenly spaced rows, and the third of each; a trajectory lies in one third."""
    rows = np.linspace(0, len(group) - 1, min(len(group), _STATES)).astype(np.intp)
    _, order = np.unique(group[rows], return_inverse=True)
    if order.max() + 1 < _FOLDS:
        raise ValueError(f"a regression needs at least {_FOLDS} trajectories to keep its parts apart")
    return rows, order % _FOLDS


def _normal_scores(values: FloatArray) -> FloatArray:
    """Ranks through the normal quantile function; ties share a rank."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    return np.asarray(ndtri((rankdata(values) - 0.5) / len(values)))


def _unit(gradients: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(gradients, axis=2, keepdims=True)
    return np.asarray(np.divide(gradients, lengths, out=np.zeros_like(gradients), where=lengths > 0))


def _bases(gradients: FloatArray) -> FloatArray:
    """Orthonormal rows (M, min(k, r), r) that span the gradients (M, k, r) at each state, 0 beyond their rank."""
    _, values, rows = np.linalg.svd(_unit(gradients), full_matrices=False)
    return np.asarray(rows * ((values > RANK_BOUND * values[:, :1]) & (values > 0))[:, :, None])
