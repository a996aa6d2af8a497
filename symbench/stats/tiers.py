"""Rank tiers: entries that the seeds do not separate share a rank.

Sort the entries by their mean, best first. An entry joins the current tier unless it is separated from one of its
members; then it starts the next tier. A worse mean never has a better tier.

Pairs are separated by `separation.separated_pairs`, which bounds the probability of any wrong separation in a table by
5 %. So if all entries are equal, they share the first tier in at least 95 % of studies, and in general each of these
statements is right with 95 % confidence for all of them at once: the best entry is in tier 1, and an entry that starts
a tier is worse than a member of the tier above. Two entries of neighbouring tiers need not differ from each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

from symbench.stats.separation import separated_pairs


def tiers(
    scores: Mapping[str, Mapping[int, float]],
    *,
    higher_is_better: bool = True,
    shapeless: bool = False,
    extra_variance: Mapping[tuple[str, str], float] | None = None,
    printed: Callable[[float], str] | None = None,
    level: float = 0.95,
) -> dict[str, int]:
    """Tier of each entry, 1 is the best; `scores` maps an entry to its score by seed.

    printed   how a table prints a mean; entries whose means are printed alike are not separated

    See `separated_pairs` for the other arguments. Entries without any score get no tier.
    """
    sign = 1.0 if higher_is_better else -1.0
    signed = {name: {s: sign * v for s, v in by_seed.items()} for name, by_seed in scores.items() if by_seed}
    means = {name: sum(sorted(by_seed.values())) / len(by_seed) for name, by_seed in signed.items()}
    separated = separated_pairs(signed, shapeless=shapeless, extra_variance=extra_variance, level=level)
    if printed is not None:
        text = {name: printed(sign * mean) for name, mean in means.items()}
        alike = {(a, b) for a, b in combinations(text, 2) if text[a] == text[b]}
        separated -= alike | {(b, a) for a, b in alike}
    result: dict[str, int] = {}
    members: list[str] = []
    tier = 1
    for name in sorted(signed, key=lambda name: (-means[name], name)):
        if any((member, name) in separated for member in members):
            tier, members = tier + 1, []
        members.append(name)
        result[name] = tier
    return result
