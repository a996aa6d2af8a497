"""What the heads of tables mean: entries of the catalogue of metrics, and words of the leaderboard."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from symbench.leaderboard import LeaderboardRow
from symbench.metrics.catalog import metric

_WORDS = {
    "N": "Training events, or trajectories in the dynamics track.",
    "tier": "Rank of groups: an entry joins a tier unless it is significantly worse than a member of it. The "
    "probability of any wrong separation in a table is at most 5 %.",
    "trials": "How the trials of the entry ended, one for each seed. Failures are counted and enter no mean.",
    "seeds": "Repetitions with other training events, initial weights and random numbers.",
    "algebra": "The most frequent name of the claimed Lie algebra, and the number of seeds with it.",
    "confidence": "The fraction with which the method itself supports the name of the algebra, mean over seeds.",
    "also known as": "Other names of the same Lie algebra.",
    "ideals": "The simple parts into which the algebra decomposes, and its solvable part.",
    "rank": "Dimension of a maximal abelian subalgebra of semisimple elements.",
    "centre": "Dimension of the elements that commute with all others.",
    "Killing form": "Numbers of positive, negative and vanishing eigenvalues of tr(ad X ad Y).",
    "95 % interval": "Contains the true value in 95 % of repetitions of the study.",
    "events needed": "Smallest training size at which at least 80 % of the seeds reach F1 ≥ 0.95, if the same holds at "
    "every larger size. “> n”: not reached at n.",
    "claims": "Trials on a control, which has no symmetry, that claim one.",
    "rate": "False claims divided by trials, with the exact binomial interval.",
    "95 % limit": "The rate is below this value with 95 % confidence (Clopper and Pearson, one-sided).",
    "not learnt": "Trials whose fit explains nothing of the held-out label: they say nothing about symmetries.",
    "equivalent N": "Training events that the baseline needs for the same score.",
    "data efficiency": "Equivalent N divided by the method's own number of training events.",
    "N(target)": "Training events at which the learning curve reaches the target.",
    "area in log N": "Mean score over the logarithm of the training sizes.",
    "exponent": "Of the power law a + b·N^−c that is fitted to the learning curve.",
    "limit": "Score of the fitted power law for infinitely many events.",
    "ECE": "Expected calibration error: mean distance between predicted probability and observed fraction.",
    "residual": "Standard deviations by which the label of the event rises along a claimed generator.",
    "float32": "Computed in single precision, as classifiers run in practice.",
    "float64": "Computed in double precision: a broken symmetry stays, a rounding error vanishes.",
    "decisions flipped": "Fraction of events whose class changes under the operation.",
}


@dataclass(frozen=True)
class Explanation:
    """A head of a table and its meaning; `anchor` is its id in the page."""

    head: str
    anchor: str
    meaning: str


def terms(rows: Iterable[LeaderboardRow], heads: Iterable[str]) -> dict[str, Explanation]:
    """Head → term, for those of these heads that have an explanation."""
    names = dict.fromkeys(name for row in rows for name in (row.score_name, *row.metrics))
    meanings = dict(_WORDS)
    for entry in map(metric, names):
        if entry.definition:
            better = f" {entry.better.capitalize()} is better." if entry.better else ""
            meanings[entry.heading] = f"{entry.definition[:1].upper()}{entry.definition[1:].rstrip('.')}.{better}"
    found: dict[str, Explanation] = {}
    for head in heads:
        if head in meanings and head not in found:
            anchor = f"term-{len(found)}-{re.sub(r'[^a-z0-9]+', '-', head.lower()).strip('-')}"
            found[head] = Explanation(head, anchor, meanings[head])
    return found
