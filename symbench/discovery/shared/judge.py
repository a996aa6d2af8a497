"""The judge: how many directions of a claim leave a label unchanged, by the label spread on held-out events.

Every method that claims from a fitted label gradient is judged here. Directions proposed without a fold of the sample
are tested on the events of that fold, with the gradient of a function that was not fitted to these events. The k best
directions are accepted if the worst direction in their span has, with one-sided confidence over the folds, a label
spread σ below a bound: what `algebra.label_spread` defines.

σ is 0 for a symmetry and of order 1 without one: from 0.4 to 4 on exact toy labels, from 1 to 1,000 on recorded
resonances. The bound lies between, and is no licence for what it does not exclude: a direction that passes but moves
the label by several times more than better ones, with confidence, is a broken symmetry and ends the claim.

What is claimed may still be broken a little. The judge says so if the lower confidence bound of σ is above the noise of
the fit, which is what σ would be for an exact symmetry; the size of the breaking is what the noise leaves.
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

_CONVERGED = 1e-3  # σ that ridge and rounding leave to an exact symmetry: 4e-4 in a window of 2 MeV at the Z
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
    lower        (K,) its one-sided lower confidence bound
    noise        (K,) σ of the worst direction by the errors of the gradient alone; infinite if these are unknown
    """

    k: int
    spread: FloatArray
    upper: FloatArray
    confidence: FloatArray
    lower: FloatArray
    noise: FloatArray

    def breaking(self, k: int, unexplained: float) -> float | None:
        """σ of the span of the first k > 0 directions without noise, if it is resolved; None if it may be exact.

        unexplained   σ that what the fit leaves of held-out labels may have
        """
        spread, noise = float(self.spread[k - 1]), float(self.noise[k - 1])
        if not self.lower[k - 1] > max(np.hypot(noise, unexplained), _CONVERGED):
            return None
        return float(np.sqrt(spread**2 - noise**2))


def judge(
    directions: Sequence[FloatArray],
    changes: Sequence[FloatArray],
    lengths: FloatArray | Sequence[FloatArray],
    *,
    bound: float,
    confidence: float,
    noise: FloatArray | None = None,
) -> Judgement:
    """The verdict on directions that were proposed without one fold each.

    directions   for each of the folds (D, K), the best first, as columns of coefficients
    changes      (D, D) form on the held-out events of each fold, by functions not fitted to these: σ² = change/length
    lengths      (D, D) form of the sample, or one for each fold
    bound        on σ
    confidence   one-sided, by Student's t over folds; nominal, since the folds share events
    noise        (D, D) form of the errors of the gradient, as `changes`; without it no breaking is resolved
    """
    folds = len(directions)
    each = [lengths] * folds if isinstance(lengths, np.ndarray) else list(lengths)
    worst = np.stack([worst_spreads(d, c, b) for d, c, b in zip(directions, changes, each, strict=True)])
    mean = worst.mean(axis=0)
    error = worst.std(axis=0, ddof=1) / np.sqrt(folds) if np.isfinite(worst).all() else np.zeros_like(mean)
    margin = stdtrit(folds - 1, confidence) * error
    upper, lower = mean + margin, np.maximum(mean - margin, 0.0)
    errors = np.full_like(mean, np.inf)
    if noise is not None:
        errors = np.mean([worst_spreads(d, noise, b) for d, b in zip(directions, each, strict=True)], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.where(error > 0, stdtr(folds - 1, (bound**2 - mean) / error), np.where(mean < bound**2, 1.0, 0.0))
    passed = upper < bound**2
    passed[1:] &= ~((lower[1:] > DISTINCT**2 * upper[:-1]) & (lower[1:] > RESOLVED**2))
    k = len(passed) if passed.all() else int(np.argmin(passed))
    return Judgement(k, np.sqrt(mean), np.sqrt(upper), below, np.sqrt(lower), np.sqrt(errors))


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
