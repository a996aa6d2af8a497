"""Which training events a seed draws: different ones for each seed, as long as the pool suffices.

The events of a pool are numbered in a fixed order. Each seed shuffles the numbers and moves back those that lower seeds
need: with n seeds, each of them can have M // n of M events, so seed s puts the events that seeds 0 to s − 1 draw with
M // (s + 1) events behind all others. It follows that

* the seeds 0, 1, …, n − 1 draw disjoint events with every training size up to M // n, whatever n is;
* a draw depends on the pool's size, the training size and the seed only, not on the number of seeds of a suite;
* a larger training set contains every smaller one of the same seed;
* each seed draws every event with equal probability.

Larger training sets overlap; `shared_fraction` says by how much. Seeds from DISJOINT_SEEDS on shuffle independently.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.intp]

DISJOINT_SEEDS = 50
"""Seeds below it make room for each other; ordering a pool for seed s takes s + 1 sorts."""


def drawn(pool: int, size: int, seed: int) -> Numbers:
    """The numbers (size,) of the events that a seed draws from a pool of events, in the order of drawing."""
    return order(pool, seed)[:size]


@lru_cache(maxsize=4)
def order(pool: int, seed: int) -> Numbers:
    """All numbers of a pool in the order in which a seed draws them: (pool,), read-only."""
    import numpy as np

    lower: list[Numbers] = []  # of each lower seed, the events that higher seeds make room for
    for current in range(seed + 1) if seed < DISJOINT_SEEDS else [seed]:
        result, needed = _shuffled(pool, current), np.zeros(pool, dtype=bool)
        for numbers in lower:
            needed[numbers[: pool // (current + 1)]] = True
        result = np.concatenate([result[~needed[result]], result[needed[result]]])
        lower.append(result[: pool // (current + 2)].copy())
    result.flags.writeable = False
    return result


def shared_fraction(pool: int, size: int, seeds: Sequence[int]) -> float:
    """The mean fraction of its training events that a seed shares with another of these seeds; 0 if all are disjoint.

    Independent draws of N from M events share N/M of them on average.
    """
    import numpy as np

    if len(seeds) < 2 or size == 0:
        return 0.0
    if len(seeds) * size <= pool and max(seeds) < min(len(seeds), DISJOINT_SEEDS):
        return 0.0
    chosen = np.zeros((len(seeds), pool), dtype=bool)
    for row, seed in zip(chosen, seeds, strict=True):
        row[drawn(pool, size, seed)] = True
    common = [int(np.count_nonzero(chosen[i] & chosen[j])) for i, j in combinations(range(len(seeds)), 2)]
    return sum(common) / len(common) / size


def _shuffled(pool: int, seed: int) -> Numbers:
    import numpy as np

    from symbench.data.hashing import hash_ids

    return np.argsort(hash_ids(np.arange(pool, dtype=np.uint64), seed + 1), kind="stable")
