"""Rank tiers: entries that the data cannot tell apart share a rank.

The rule in words. Order the entries by their mean, best first. The first opens tier 1 and is its head. Walk
down the list: an entry joins the current tier unless the 95 % interval of its paired difference to the
*head* of that tier lies wholly on the worse side of zero; then it opens the next tier and becomes its head.
Pairing is by seed, which means same data. Fewer than two common seeds leave no interval, and what cannot be
told apart shares a rank.

The interval is the wider of the bootstrap's and Student's. With 3 seeds the former is the range of three values, and
would part a quarter of all entries that are alike; Student's parts 5 % of them, whatever the number of seeds.

Comparing with the head, not with the neighbour, keeps a chain of small steps from tying the first to the
last; a worse mean never gets a better tier.
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
