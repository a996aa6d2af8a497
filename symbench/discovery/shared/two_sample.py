"""Whether trees can tell moved events from others: what a method may decide by that has no truth to look at."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm
from scipy.special import ndtr, ndtri

from symbench.discovery.base import DistributionSample, FunctionSample

FloatArray = npt.NDArray[np.float64]
Move = Callable[[FloatArray, np.random.Generator], FloatArray]

SHORTEST, LONGEST = 0.5, 1.0
"""Range of |t| in e^{tL}, with L scaled so that E‖Lx‖² = E‖x‖²: an angle in radians where L is a rotation."""

_MAX_EVENTS = 4_000  # of either kind, more make the trees slow and not wiser
_MAX_PRODUCTS = 210  # of two components: 20 components an event
_IDLE = 1e-3  # a generator that moves the data by less than this share of its size moves nothing


@dataclass(frozen=True)
class Observed:
    """Everything about events that a density is over.

    vectors   (N, Q, d) what a group element moves: x, and the companion where it is made of vectors
    beside    (N, e) what stays: a label or class, e = 0 where there is nothing
    """

    vectors: FloatArray
    beside: FloatArray

    def take(self, rows: npt.NDArray[np.intp]) -> Observed:
        """Some of the events."""
        return Observed(self.vectors[rows], self.beside[rows])


@dataclass(frozen=True)
class Verdict:
    """How well moved events are told from others, on events that neither the trees nor the claim were fitted to.

    auc          ½ where they cannot be told apart
    upper        its upper confidence bound, one-sided
    confidence   that the AUC lies below the bound that was asked for
    passes       whether `upper` does
    """

    auc: float
    upper: float
    confidence: float
    passes: bool


def observed(sample: FunctionSample | DistributionSample) -> Observed:
    """A sample of either track, as one density."""
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
    """L (d, d) scaled to E‖Lx‖² = E‖x‖²; None where it is zero, not finite, or annihilates the data."""
    if not np.isfinite(generator).all():
        return None
    moved, size = float(np.mean((vectors @ generator.T) ** 2)), float(np.mean(vectors**2))
    if moved <= _IDLE**2 * size * float(np.sum(generator**2)):
        return None
    return np.asarray(generator * math.sqrt(size / moved))


def along(generator: FloatArray) -> Move:
    """Events moved by e^{tL}, t drawn from ±[SHORTEST, LONGEST]; L (d, d) scaled by `unit_displacement`."""

    def move(vectors: FloatArray, rng: np.random.Generator) -> FloatArray:
        n = len(vectors)
        t = rng.uniform(SHORTEST, LONGEST, n) * rng.choice([-1.0, 1.0], n)
        # An exponential an event would be slow: 32 of them, each of which moves a 32nd of the events.
        moved = np.empty_like(vectors)
        for part in np.array_split(np.argsort(t), min(32, n)):
            moved[part] = vectors[part] @ expm(np.median(t[part]) * generator).T
        return moved

    return move


def by(element: FloatArray) -> Move:
    """Events moved by one group element (d, d)."""
    return lambda vectors, rng: np.asarray(vectors @ element.T)


def judge(move: Move, train: Observed, held: Observed, *, margin: float, confidence: float, seed: int) -> Verdict:
    """Fit trees to `train`, as it is and moved, and see how well they tell `held` from `held` moved.

    Trees see components and products of two of them. It passes where the AUC is below ½ + margin with this confidence:
    of two events, one of them moved, trees find the moved one in fewer than ½ + margin of all cases. The error is that
    of unpaired events of one density, which is an upper estimate here since both kinds are the same events.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from threadpoolctl import threadpool_limits

    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    inputs, kinds = _shown(move, train.take(np.arange(min(len(train.vectors), _MAX_EVENTS))), rng)
    trees = HistGradientBoostingClassifier(max_iter=80, max_depth=4, max_bins=63, random_state=0, early_stopping=False)
    with threadpool_limits(limits=1, user_api="openmp"):  # trees this small lose more by waiting than they gain
        trees.fit(inputs, kinds)
        inputs, kinds = _shown(move, held, rng)
        auc = float(roc_auc_score(kinds, trees.decision_function(inputs)))
    n = len(held.vectors)
    error = math.sqrt((2 * n + 1) / (12 * n * n))
    upper = auc + float(ndtri(confidence)) * error
    sure = float(ndtr((0.5 + margin - auc) / error))
    return Verdict(auc, min(upper, 1.0), sure, upper < 0.5 + margin)


def _shown(move: Move, events: Observed, rng: np.random.Generator) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Inputs of the trees (2N, features) and whether an event was moved (2N,)."""
    n = len(events.vectors)
    flat = np.concatenate([events.vectors, move(events.vectors, rng)]).reshape(2 * n, -1)
    # A generator far from any symmetry may send events beyond what a float holds: far is far enough.
    flat = np.clip(np.nan_to_num(flat, nan=1e9), -1e9, 1e9)
    parts = [flat, np.tile(events.beside, (2, 1))]
    width = flat.shape[1]
    if width * (width + 1) // 2 <= _MAX_PRODUCTS:
        left, right = np.triu_indices(width)
        parts.append(flat[:, left] * flat[:, right])
    return np.hstack(parts), np.repeat([False, True], n)
