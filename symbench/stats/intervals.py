"""95 % intervals of a mean over few seeds: Student's, and one for scores of success or failure that assumes no shape.

Student's interval covers for values that scatter about their mean, as an AUC does. It fails for scores that are nearly
1 in most seeds and nearly 0 in the others: if no failure is among the seeds, their spread says nothing about it, and
the interval of five values near 1 has almost no width. The scores of discovery are of this kind.

For them `bounded_limits` uses only that a score lies between two known ends. Let W be the lengths into which n uniform
numbers divide [0, 1]; then a lower limit of the mean is the α-quantile of W₀ · low end + Σ Wᵢ xᵢ, and the upper limit
its mirror image (Gaffke; E. Learned-Miller & P. Thomas, arXiv:1905.06208). For 0/1 scores these are exactly the limits
of Clopper and Pearson, and no distribution is known for which they cover less than they state. Five successes of five
exclude means below 0.48 and no more, whatever is known about the five.

`tests/benchmarks/coverage.py` simulates the coverage of both; docs/leaderboard.md has the table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from symbench.stats.binomial import share_of

FloatArray = npt.NDArray[np.float64]
Support = tuple[float, float]

_DRAWN_NUMBERS, _MOST_DRAWS = 2_000_000, 20_000
_MOST_DEGREES = 1e6


@dataclass(frozen=True)
class Estimate:
    """A mean over n seeds with its 95 % interval; `low` and `high` are None for n = 1."""

    mean: float
    low: float | None
    high: float | None
    n: int
    median: float


def mean_estimate(
    values: Sequence[float],
    *,
    support: Support | None = None,
    shapeless: bool = False,
    extra_variance: float = 0.0,
    level: float = 0.95,
) -> Estimate:
    """The mean of n values and its interval; the order of the values does not matter.

    support          ends between which every value lies, the upper one may be infinite; the interval stays between them
    shapeless        use `bounded_limits`, which needs a support; a value beyond it moves the end
    extra_variance   a variance of the mean that the spread over seeds does not contain, for Student's interval

    Equal values, whose spread is zero, get the bounded interval if the support is finite. Raises ValueError without
    values, or if one is not finite.
    """
    x = sorted(map(float, values))
    n = len(x)
    if n == 0:
        raise ValueError("no values to take the mean of")
    if not all(map(math.isfinite, x)):
        raise ValueError(f"values must be finite, got {list(values)}")
    mean = math.fsum(x) / n
    median = (x[(n - 1) // 2] + x[n // 2]) / 2
    if n == 1:
        return Estimate(mean, None, None, 1, median)
    if support is not None:
        support = min(support[0], x[0]), max(support[1], x[-1])
    is_bounded = support is not None and math.isfinite(support[1])
    if support is not None and is_bounded and (shapeless or (x[0] == x[-1] and extra_variance == 0.0)):
        low, high = bounded_limits(tuple(x), support, level)
    else:
        low, high = student_limits(x, extra_variance=extra_variance, level=level)
        if support is not None:
            low, high = max(low, support[0]), min(high, support[1])
    # rounding may put a limit on the wrong side of the mean by an ulp
    return Estimate(mean, min(low, mean), max(high, mean), n, median)


def paired_difference(a: Mapping[int, float], b: Mapping[int, float], *, level: float = 0.95) -> Estimate | None:
    """The mean of a − b over the seeds that both have (same seed, same data); None without a common seed."""
    common = sorted(a.keys() & b.keys())
    if not common:
        return None
    return mean_estimate([a[s] - b[s] for s in common], level=level)


def student_limits(values: Sequence[float], *, extra_variance: float = 0.0, level: float = 0.95) -> tuple[float, float]:
    """Student's interval of the mean of n ≥ 2 values: without an extra variance, the limit of many resamples with
    `student_weights`.
    """
    n = len(values)
    x = np.asarray(values, dtype=np.float64)
    own = float(x.var(ddof=1)) / n
    half = student_quantile(effective_degrees(own, n - 1, extra_variance), level) * math.sqrt(own + extra_variance)
    return float(x.mean()) - half, float(x.mean()) + half


def effective_degrees(own: float, degrees: float, extra: float) -> float:
    """Degrees of freedom of the sum of a variance estimated with some, and a known one (Welch–Satterthwaite)."""
    if own <= 0.0:
        return degrees if extra <= 0.0 else _MOST_DEGREES
    return min(degrees * ((own + extra) / own) ** 2, _MOST_DEGREES)


@lru_cache(maxsize=1024)
def student_quantile(degrees: float, level: float = 0.95) -> float:
    """t with P(|T| < t) = level."""
    from scipy.special import stdtrit

    return -float(stdtrit(degrees, (1.0 - level) / 2.0))


@lru_cache(maxsize=4096)  # scores such as five times 1 are many
def bounded_limits(values: tuple[float, ...], support: Support, level: float = 0.95) -> tuple[float, float]:
    """The limits of the mean of values between the ends of a support (see the module's text)."""
    start, end = support
    if start == end:
        return start, end
    if set(values) <= {start, end}:
        share = share_of(sum(value == end for value in values), len(values), level=level)
        return start + (end - start) * share.low, start + (end - start) * share.high
    lengths = _divisions(len(values))
    inner, tail = lengths[:, 1:] @ np.asarray(values), (1.0 - level) / 2.0
    low = np.quantile(inner + lengths[:, 0] * start, tail)
    high = np.quantile(inner + lengths[:, 0] * end, 1.0 - tail)
    return float(low), float(high)


@lru_cache(maxsize=8)
def _divisions(n: int) -> FloatArray:
    """The lengths into which n uniform numbers divide [0, 1], drawn many times: (draws, n + 1); the same each time."""
    draws = max(1_000, min(_MOST_DRAWS, _DRAWN_NUMBERS // (n + 1)))
    return np.random.default_rng(n).dirichlet(np.ones(n + 1), draws)


def student_weights(n: int, resamples: int, generator: np.random.Generator) -> FloatArray:
    """Weights (resamples, n), each row of sum 1: resampled means of n ≥ 2 values x are `weights @ x`.

    A multiplier bootstrap (Wu, Annals of Statistics 14 (1986) 1261): x̄ + Σ gᵢ (xᵢ − x̄) / √(n (n − 1)) has the mean and
    the unbiased variance s²/n of the mean for g ~ N(0, 1); dividing the second term by √(χ²/(n − 1)), drawn once for
    each resample, gives it Student's distribution with n − 1 degrees of freedom. All values of one seed have the same
    multiplier, so that common fluctuations cancel in differences.
    """
    g = generator.normal(size=(resamples, n))
    g -= g.mean(axis=1, keepdims=True)
    spread = np.sqrt(generator.chisquare(n - 1, size=(resamples, 1)) / (n - 1))
    return np.asarray(1.0 / n + g / spread / math.sqrt(n * (n - 1)))
