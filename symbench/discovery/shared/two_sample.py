"""A two-sample test with boosted trees: can they distinguish moved events from others? It needs no truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm
from scipy.special import ndtr, ndtri

from symbench.discovery.base import DistributionSample, FunctionSample
from symbench.stats.tree_inputs import products

FloatArray = npt.NDArray[np.float64]
Move = Callable[[FloatArray, np.random.Generator], FloatArray]

SHORTEST, LONGEST = 0.5, 1.0
"""Range of |t| in e^{tL}, with L scaled so that E‖Lx‖² = E‖x‖²: an angle in radians if L is a rotation."""

FEWEST = 8
"""Events; a smaller sample leaves too few to train and to test with."""

_MAX_EVENTS = 4_000  # of either kind; more slow the trees down and do not improve them
_IDLE = 1e-3  # a generator that moves the data by less than this share of their size counts as zero


@dataclass(frozen=True)
class Observed:
    """The variables of the density of events.

    vectors   (N, Q, d) the vectors that a group element moves: x, and its companion vectors if there are any
    label     (N, e) the label or class, which is not moved; e = 0 without one
    """

    vectors: FloatArray
    label: FloatArray

    def take(self, rows: npt.NDArray[np.intp]) -> Observed:
        """Some of the events."""
        return Observed(self.vectors[rows], self.label[rows])


@dataclass(frozen=True)
class Verdict:
    """How well trees distinguish moved events from others, on events that neither trees nor claim were fitted to.

    auc          ½ if they cannot be distinguished
    upper        one-sided upper confidence bound of the AUC
    confidence   confidence that the AUC is below ½ + margin
    passes       whether `upper` is below ½ + margin
    """

    auc: float
    upper: float
    confidence: float
    passes: bool


def observed(sample: FunctionSample | DistributionSample) -> Observed:
    """The events of a sample of either track."""
    nothing = np.zeros((len(sample.x), 0))
    if sample.y is None:
        return Observed(sample.x, nothing)
    y = np.asarray(sample.y, dtype=np.float64)
    if y.ndim == 3:
        return Observed(np.concatenate([sample.x, y], axis=1), nothing)
    return Observed(sample.x, y[:, None])


def halves(count: int, held_out: float, rng: np.random.Generator) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows to fit to and rows held out, at least two of each."""
    order = rng.permutation(count)
    held = min(max(2, round(count * held_out)), count - 2)
    return np.sort(order[held:]), np.sort(order[:held])


def unit_displacement(generator: FloatArray, vectors: FloatArray) -> FloatArray | None:
    """L (d, d) scaled to E‖Lx‖² = E‖x‖²; None if it is zero, not finite, or annihilates the data."""
    if not np.isfinite(generator).all():
        return None
    moved, size = float(np.mean((vectors @ generator.T) ** 2)), float(np.mean(vectors**2))
    if moved <= _IDLE**2 * size * float(np.sum(generator**2)):
        return None
    return np.asarray(generator * math.sqrt(size / moved))


def along(generator: FloatArray) -> Move:
    """The map x ↦ e^{tL}x with t drawn from ±[SHORTEST, LONGEST]; L (d, d) as scaled by `unit_displacement`."""

    def move(vectors: FloatArray, rng: np.random.Generator) -> FloatArray:
        n = len(vectors)
        t = rng.uniform(SHORTEST, LONGEST, n) * rng.choice([-1.0, 1.0], n)
        # One exponential per event would be slow: there are 32, and each moves a 32nd of the events.
        moved = np.empty_like(vectors)
        for part in np.array_split(np.argsort(t), min(32, n)):
            moved[part] = vectors[part] @ expm(np.median(t[part]) * generator).T
        return moved

    return move


def by(element: FloatArray) -> Move:
    """The map x ↦ gx of one group element g (d, d)."""
    return lambda vectors, rng: np.asarray(vectors @ element.T)


def judge(move: Move, train: Observed, held: Observed, *, margin: float, confidence: float, seed: int) -> Verdict:
    """Fit trees to the events of `train` and their moved copies; measure how well they separate `held` in the same way.

    The inputs of the trees are components and products of two components. The test passes if the AUC is below
    ½ + margin with the stated confidence: given an event and a moved one, the trees recognise the moved one in fewer
    than ½ + margin of all cases. The standard error is that of independent samples of one density; it is an upper
    estimate, since both samples contain the same events.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from threadpoolctl import threadpool_limits

    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    inputs, kinds = _inputs(move, train.take(np.arange(min(len(train.vectors), _MAX_EVENTS))), rng)
    trees = HistGradientBoostingClassifier(max_iter=80, max_depth=4, max_bins=63, random_state=0, early_stopping=False)
    with threadpool_limits(limits=1, user_api="openmp"):  # for trees this small, threads cost more time than they save
        trees.fit(inputs, kinds)
        inputs, kinds = _inputs(move, held, rng)
        auc = float(roc_auc_score(kinds, trees.decision_function(inputs)))
    n = len(held.vectors)
    error = math.sqrt((2 * n + 1) / (12 * n * n))
    upper = auc + float(ndtri(confidence)) * error
    below = float(ndtr((0.5 + margin - auc) / error))
    return Verdict(auc, min(upper, 1.0), below, upper < 0.5 + margin)


def _inputs(move: Move, events: Observed, rng: np.random.Generator) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Inputs of the trees (2N, features) and whether an event was moved (2N,)."""
    n = len(events.vectors)
    flat = np.concatenate([events.vectors, move(events.vectors, rng)]).reshape(2 * n, -1)
    # A generator far from any symmetry may move events beyond the range of floats.
    flat = np.clip(np.nan_to_num(flat, nan=1e9), -1e9, 1e9)
    inputs = np.hstack([flat, np.tile(events.label, (2, 1)), products(flat)])
    return inputs, np.repeat([False, True], n)
