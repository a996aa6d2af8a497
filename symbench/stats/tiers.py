"""Rank tiers: entries whose difference is not significant share a rank.

The algorithm: sort the entries by their mean, best first. The first entry is the head of tier 1. Then go through the
list: an entry joins the current tier unless the 95 % interval of its paired difference to the *head* of that tier lies
entirely on the worse side of zero; in that case it becomes the head of the next tier. Differences are paired by seed,
because the same seed means the same data. With fewer than two common seeds there is no interval, and the entry joins
the current tier.

Both the bootstrap interval and Student's interval must exclude zero. With 3 seeds the bootstrap interval is the range
of three values and would separate a quarter of all pairs of equivalent entries; Student's interval separates 5 % of
them for every number of seeds.

Entries are compared with the head rather than with their neighbour, so that a chain of small differences cannot put
the first and the last into one tier. A worse mean never has a better tier.
"""

from __future__ import annotations

from collections.abc import Mapping

from symbench.stats.intervals import paired_difference, student_limits


def tiers(
    scores: Mapping[str, Mapping[int, float]],
    *,
    higher_is_better: bool = True,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, int]:
    """Tier of each entry, 1 is the best; `scores` maps an entry to its score by seed.

    Entries without any score get no tier.
    """
    sign = 1.0 if higher_is_better else -1.0
    signed = {name: {s: sign * v for s, v in by_seed.items()} for name, by_seed in scores.items() if by_seed}
    means = {name: sum(sorted(by_seed.values())) / len(by_seed) for name, by_seed in signed.items()}
    order = sorted(signed, key=lambda name: (-means[name], name))
    result: dict[str, int] = {}
    tier = 0
    head = ""
    for name in order:
        if not result or _worse(signed[name], signed[head], level, resamples, seed):
            tier, head = tier + 1, name
        result[name] = tier
    return result


def _worse(entry: Mapping[int, float], head: Mapping[int, float], level: float, resamples: int, seed: int) -> bool:
    difference = paired_difference(entry, head, level=level, resamples=resamples, seed=seed)
    if difference is None or difference.high is None or difference.high >= 0.0:
        return False
    return student_limits([entry[s] - head[s] for s in sorted(entry.keys() & head.keys())], level=level)[1] < 0.0
