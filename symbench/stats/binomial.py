"""Shares of trials: exact binomial intervals, and the size from which on a share of the seeds succeeds.

An interval of a share over seeds is Clopper and Pearson's (Biometrika 26 (1934) 404): it covers in at least 95 % of
cases for every share and number of seeds. A bootstrap would not do: where every seed succeeds, every resample does, and
its interval has no width, though 5 of 5 says no more than that the share is above 48 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from symbench.stats.curves import Bound, size_for


@dataclass(frozen=True)
class Share:
    """`successes` of `trials`, with the limits of the 95 % interval of the probability behind them."""

    successes: int
    trials: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.successes / self.trials


def share_of(successes: int, trials: int, *, level: float = 0.95) -> Share:
    """The share with its Clopper–Pearson interval; raises ValueError for no trials or impossible counts."""
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"no share of {successes} in {trials} trials")
    return Share(successes, trials, *_clopper_pearson(successes, trials, level))


@lru_cache(maxsize=4096)
def _clopper_pearson(successes: int, trials: int, level: float) -> tuple[float, float]:
    """The limits of the exact interval; cached, since SciPy takes 2 ms and tables repeat the same few counts."""
    from scipy.stats import binomtest

    interval = binomtest(successes, trials).proportion_ci(level, method="exact")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True)
class SizeNeeded:
    """The size from which on a share of the seeds succeeds, its interval, and the share at every size, rising."""

    size: Bound
    low: Bound
    high: Bound
    shares: dict[int, Share]


def size_needed(outcomes: Mapping[int, tuple[int, int]], share: float = 0.8, *, level: float = 0.95) -> SizeNeeded:
    """The smallest size at which `share` of the seeds succeed, there and at every larger size that was tried.

    outcomes   size → (seeds that succeeded, seeds that tried); raises ValueError where it is empty

    Linear in log N between sizes. `> largest` where the share is not reached there, `< smallest` where it is
    exceeded at the smallest already. The interval are the sizes at which the share is within the binomial interval:
    from where the upper limits first reach it, to where the lower limits reach it for good. It is conservative, and it
    ends at `>` wherever the seeds are too few to tell: 17 of 17 have to succeed for a lower limit of 0.8.
    """
    if not outcomes:
        raise ValueError("no sizes were tried")
    shares = {n: share_of(*outcomes[n], level=level) for n in sorted(outcomes)}
    sizes = list(shares)

    def lasting(values: list[float]) -> list[float]:
        """The smallest value from each size on."""
        return list(accumulate(reversed(values), min))[::-1]

    return SizeNeeded(
        size=size_for(sizes, lasting([s.value for s in shares.values()]), share),
        low=size_for(sizes, [s.high for s in shares.values()], share),
        high=size_for(sizes, lasting([s.low for s in shares.values()]), share),
        shares=shares,
    )
