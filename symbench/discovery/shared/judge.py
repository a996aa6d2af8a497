"""The judge: how many directions of a claim leave a label unchanged, by the label spread on held-out events.

Every method that claims from a fitted label gradient is judged here. Directions proposed without a fold of the sample
are tested on the events of that fold, with the gradient of a function that was not fitted to these events. The k best
directions are accepted if the worst direction in their span has, with one-sided confidence over the folds, a label
spread σ below a bound: what `algebra.label_spread` defines.

σ is 0 for a symmetry and of order 1 without one: from 0.4 to 4 on exact toy labels, from 1 to 1,000 on recorded
resonances. The bound lies between, and is no licence for what it does not exclude: a direction that passes but moves
the label by several times more than better ones, with confidence, is a broken symmetry and ends the claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, solve_triangular
from scipy.special import stdtr, stdtrit

FloatArray = npt.NDArray[np.float64]

DISTINCT = 5.0  # ratio of σ to that of the directions before it from which a direction is broken
RESOLVED = 0.01  # σ below which ratios compare rounding or the convergence of fits
_DETERMINED = 1e-12  # of the longest: a direction in the span that moves the data by less is not determined


class Bounds(Protocol):
    """The parameters of a method whose directions are judged."""

    @property
    def bound(self) -> float: ...
    @property
    def confidence(self) -> float: ...


@dataclass(frozen=True)
class Judgement:
    """How many directions are accepted, and how strong the evidence is.

    k            largest number of directions whose span passes
    spread       (K,) σ of the worst direction in the span of the first 1, 2, … directions, a quadratic mean over folds
    upper        (K,) its one-sided upper confidence bound
    confidence   (K,) confidence that it is below the bound
    """

    k: int
    spread: FloatArray
    upper: FloatArray
    confidence: FloatArray


def judge(
    directions: Sequence[FloatArray],
    changes: Sequence[FloatArray],
    lengths: FloatArray | Sequence[FloatArray],
    *,
    bound: float,
    confidence: float,
) -> Judgement:
    """The verdict on directions that were proposed without one fold each.

    directions   for each of the folds (D, K), the best first, as columns of coefficients
    changes      (D, D) form on the held-out events of each fold, by functions not fitted to these: σ² = change/length
    lengths      (D, D) form of the sample, or one for each fold
    bound        on σ
    confidence   one-sided, by Student's t over folds; nominal, since the folds share events
    """
    folds = len(directions)
    each = [lengths] * folds if isinstance(lengths, np.ndarray) else list(lengths)
    worst = np.stack([worst_spreads(d, c, b) for d, c, b in zip(directions, changes, each, strict=True)])
    mean = worst.mean(axis=0)
    error = worst.std(axis=0, ddof=1) / np.sqrt(folds) if np.isfinite(worst).all() else np.zeros_like(mean)
    upper = mean + stdtrit(folds - 1, confidence) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.where(error > 0, stdtr(folds - 1, (bound**2 - mean) / error), np.where(mean < bound**2, 1.0, 0.0))
    passed = upper < bound**2
    lower = np.maximum(mean - stdtrit(folds - 1, confidence) * error, 0.0)
    passed[1:] &= ~((lower[1:] > DISTINCT**2 * upper[:-1]) & (lower[1:] > RESOLVED**2))
    k = len(passed) if passed.all() else int(np.argmin(passed))
    return Judgement(k, np.sqrt(mean), np.sqrt(upper), below)


def worst_spreads(directions: FloatArray, change: FloatArray, length: FloatArray) -> FloatArray:
    """The largest σ² in the span of the first 1, 2, … of K directions (D, K): shape (K,), rising.

    Infinite from the first direction on that does not move the data, or depends on those before it.
    """
    gram = directions.T @ length @ directions
    sizes = np.sqrt(np.maximum(np.diagonal(gram), 0.0))
    unit = np.where(sizes > _DETERMINED * max(float(sizes.max(initial=0.0)), 1e-300), sizes, np.inf)
    gram = gram / unit[:, None] / unit
    known = _leading(gram)
    worst = np.full(len(gram), np.inf)
    if known:
        spans = directions[:, :known] / unit[:known]
        factor = cholesky(gram[:known, :known], lower=True)
        inside = solve_triangular(factor, spans.T @ change @ spans, lower=True)
        inside = solve_triangular(factor, inside.T, lower=True)
        worst[:known] = [np.linalg.eigvalsh(inside[: k + 1, : k + 1])[-1] for k in range(known)]
    return np.maximum.accumulate(np.maximum(worst, 0.0))


def _leading(gram: FloatArray) -> int:
    """How many of the first directions are independent, from their matrix of cosines (K, K)."""
    for k in range(1, len(gram) + 1):
        if np.linalg.eigvalsh(gram[:k, :k])[0] <= _DETERMINED:
            return k - 1
    return len(gram)
