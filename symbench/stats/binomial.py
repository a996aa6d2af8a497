"""Fractions of trials: exact binomial intervals, and the size from which a fraction of the seeds succeeds.

The interval of a fraction over seeds is that of Clopper and Pearson (Biometrika 26 (1934) 404): it covers in at least
95 % of cases for every fraction and number of seeds. A bootstrap is unsuitable: if every seed succeeds, so does every
resample, and its interval has zero width, although 5 of 5 successes only exclude fractions below 48 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from symbench.stats.curves import Bound, size_for


@dataclass(frozen=True)
class Share:
    """`successes` of `trials`, with the limits of the 95 % interval of the success probability."""

    successes: int
    trials: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.successes / self.trials


def share_of(successes: int, trials: int, *, level: float = 0.95) -> Share:
    """The fraction with its Clopper–Pearson interval; raises ValueError without trials or for impossible counts."""
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials have no fraction")
    return Share(successes, trials, *_clopper_pearson(successes, trials, level))


@lru_cache(maxsize=4096)
def _clopper_pearson(successes: int, trials: int, level: float) -> tuple[float, float]:
    """The limits of the exact interval; cached, since SciPy takes 2 ms and tables repeat the same few counts."""
    from scipy.stats import binomtest

    interval = binomtest(successes, trials).proportion_ci(level, method="exact")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True)
class SizeNeeded:
    """The size from which a fraction of the seeds succeeds, its interval, and the fraction at every size, ascending."""

    size: Bound
    low: Bound
    high: Bound
    shares: dict[int, Share]


def size_needed(outcomes: Mapping[int, tuple[int, int]], share: float = 0.8, *, level: float = 0.95) -> SizeNeeded:
    """The smallest size at which the fraction `share` of the seeds succeeds, there and at every larger size.

    outcomes   size → (seeds that succeeded, all seeds); raises ValueError if it is empty

    The fraction is interpolated linearly in log N. The result is `> largest` if the largest size does not reach it, and
    `< smallest` if the smallest size exceeds it. The interval contains the sizes at which `share` lies within the
    binomial interval: it starts where the upper limit first reaches `share`, and ends where the lower limit stays above
    it. It is conservative, and its end is `> largest` with too few seeds: a lower limit of 0.8 needs 17 of 17.
    """
    if not outcomes:
        raise ValueError("outcomes must have at least one size")
    shares = {n: share_of(*outcomes[n], level=level) for n in sorted(outcomes)}
    sizes = list(shares)

    def lasting(values: list[float]) -> list[float]:
        """For each size, the smallest value at it and all larger sizes."""
        return list(accumulate(reversed(values), min))[::-1]

    return SizeNeeded(
        size=size_for(sizes, lasting([s.value for s in shares.values()]), share),
        low=size_for(sizes, [s.high for s in shares.values()], share),
        high=size_for(sizes, lasting([s.low for s in shares.values()]), share),
        shares=shares,
    )
