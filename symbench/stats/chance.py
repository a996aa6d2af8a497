"""Which entries of a table are better than chance: one-sided tests, with the error controlled over the table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from symbench.stats.separation import holm


@dataclass(frozen=True)
class ChanceScore:
    """A score, and the distribution that it has by chance: mean, standard deviation, and lowest value; 1 is the best.

    deviation   0 if chance always scores its mean; None if unknown, so that the spread over seeds has to replace it
    """

    score: float
    mean: float = 0.0
    deviation: float | None = None
    lowest: float = -1.0


def above_chance(entries: Mapping[str, Sequence[ChanceScore]], *, level: float = 0.95) -> set[str]:
    """The entries whose mean score is better than chance, by Holm's procedure over all entries with two seeds or more.

    An entry with one seed is tested if the spread of chance is known.
    """
    tests = [(p, name) for name, scores in entries.items() if (p := p_value(scores)) is not None]
    return {name for _, name in holm(tests, 1.0 - level)}


def p_value(scores: Sequence[ChanceScore]) -> float | None:
    """The probability that chance has this mean score or a better one; None if that is unknown.

    Under chance, the mean over n seeds has a known mean and variance and lies between known ends; it is compared with
    the beta distribution that has them. That is exact for one seed and one generator, and close otherwise.
    """
    if not scores:
        return None
    n = len(scores)
    excess = math.fsum(s.score - s.mean for s in scores) / n
    deviations = [s.deviation for s in scores if s.deviation is not None]
    if len(deviations) < n:
        return _student(excess, [s.score - s.mean for s in scores])
    variance = math.fsum(d**2 for d in deviations) / n**2
    mean = math.fsum(s.mean for s in scores) / n
    low = min(math.fsum(s.lowest for s in scores) / n, mean)
    return _beta_tail(mean + excess, mean, variance, low)


def _beta_tail(value: float, mean: float, variance: float, low: float) -> float:
    """P(X ≥ value) of the beta distribution on [low, 1] with this mean and variance."""
    from scipy.special import betaincc, ndtr

    if variance <= 0.0:
        return 0.0 if value > mean + 1e-12 else 1.0
    width = 1.0 - low
    m, v = (mean - low) / width, variance / width**2
    size = m * (1.0 - m) / v - 1.0
    if not 0.0 < m < 1.0 or size <= 0.0:
        # no beta distribution has these moments: an estimated mean of chance may lie at an end
        return float(ndtr((mean - value) / math.sqrt(variance)))
    return float(betaincc(m * size, (1.0 - m) * size, min(max((value - low) / width, 0.0), 1.0)))


def _student(excess: float, differences: Sequence[float]) -> float | None:
    """One-sided by the spread over seeds; None with fewer than two."""
    from scipy.special import stdtr

    n = len(differences)
    if n < 2:
        return None
    spread = float(np.std(differences, ddof=1)) / math.sqrt(n)
    if spread == 0.0:
        return 0.5**n if excess > 0 else 1.0  # the sign test: equal values have no spread to compare with
    return float(stdtr(n - 1, -excess / spread))
