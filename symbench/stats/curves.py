"""Learning curves: scores at a few training sizes, joined by straight lines in log N."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Relation = Literal["=", ">", "<"]


@dataclass(frozen=True)
class Bound:
    """A number, or a limit: `> 3000` is a lower limit, `< 300` an upper limit."""

    value: float
    relation: Relation = "="

    def scaled(self, factor: float) -> Bound:
        """The number or limit times a positive factor."""
        return Bound(self.value * factor, self.relation)

    def __str__(self) -> str:
        text = f"{self.value:.3g}" if self.value < 1000 else f"{self.value:,.0f}"
        return text if self.relation == "=" else f"{self.relation} {text}"


def _curve(sizes: Sequence[float], scores: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    n, s = np.asarray(sizes, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if n.ndim != 1 or n.shape != s.shape or len(n) == 0:
        raise ValueError(f"a learning curve needs one score for each size, got {n.shape} sizes and {s.shape} scores")
    if (n <= 0).any() or len(np.unique(n)) != len(n):
        raise ValueError(f"sizes must be positive and distinct, got {list(sizes)}")
    order = np.argsort(n)
    return np.log(n[order]), s[order]


def size_for(sizes: Sequence[float], scores: Sequence[float], target: float) -> Bound:
    """N(target): the smallest size at which the interpolated curve reaches the target (higher is better).

    `< smallest size` if the first point exceeds the target, `> largest size` if no point reaches it.
    """
    log_n, score = _curve(sizes, scores)
    n = np.sort(np.asarray(sizes, dtype=np.float64))
    if score[0] >= target:
        return Bound(float(n[0]), "=" if score[0] == target else "<")
    for i in range(1, len(score)):
        if score[i] >= target:
            if score[i] == target:
                return Bound(float(n[i]))
            fraction = (target - score[i - 1]) / (score[i] - score[i - 1])
            return Bound(float(np.exp(log_n[i - 1] + fraction * (log_n[i] - log_n[i - 1]))))
    return Bound(float(n[-1]), ">")


def crossings(sizes: Sequence[float], scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """N(target) of many curves (R, sizes), each with a target (R,); −inf for an upper limit, inf for a lower limit."""
    order = np.argsort(np.asarray(sizes, dtype=np.float64))
    n, s = np.asarray(sizes, dtype=np.float64)[order], np.asarray(scores, dtype=np.float64)[:, order]
    reached = s >= targets[:, None]
    first = reached.argmax(axis=1)
    rows = np.arange(len(s))
    after, before = s[rows, first], s[rows, np.maximum(first - 1, 0)]
    rise = np.where(after > before, after - before, 1.0)
    start, end = np.log(n[np.maximum(first - 1, 0)]), np.log(n[first])
    size = np.exp(start + (targets - before) / rise * (end - start))
    size = np.where(first == 0, np.where(after > targets, -np.inf, n[0]), size)
    return np.where(reached.any(axis=1), size, np.inf)


def area_under_curve(sizes: Sequence[float], scores: Sequence[float]) -> float | None:
    """∫ score d(log N) / ∫ d(log N): the mean score over the measured range; None for a single size."""
    log_n, score = _curve(sizes, scores)
    if len(score) < 2:
        return None
    return float(np.trapezoid(score, log_n) / (log_n[-1] - log_n[0]))
