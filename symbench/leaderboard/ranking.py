"""How the entries of one table, a task at one training size, are ranked: tiers, and entries not above random."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from symbench.component import Track
from symbench.leaderboard.estimates import is_number, scores_by_seed, with_test_events
from symbench.metrics.catalog import SCORE, higher_is_better, metric
from symbench.stats.chance import ChanceScore, above_chance
from symbench.stats.test_events import TestScores, event_covariance, variance_of_difference
from symbench.stats.tiers import tiers
from symbench.trial.result import Status, TrialResult

Entries = Mapping[str, Sequence[TrialResult]]
"""Entry → its trials."""


@dataclass(frozen=True)
class Ranking:
    """The result for the entries of one table that compete.

    tiers             entry → tier; not for entries without a score or not above random
    not_above_random  entries whose scores chance would also have
    score_variance    entry → variance of its mean score that the finite test set contributes, common to all seeds
    """

    tiers: dict[str, int] = field(default_factory=dict)
    not_above_random: frozenset[str] = frozenset()
    score_variance: dict[str, float] = field(default_factory=dict)


def rank(track: Track, entries: Entries) -> Ranking:
    """Rank the entries by the track's score.

    An entry that is not better than chance is in no tier. The others are compared by `stats.tiers`, with the variance
    of the finite test set if all networks kept what they did on the same test events.
    """
    column = metric(SCORE[track])
    scores = {name: scores_by_seed(trials, column.name) for name, trials in entries.items()}
    scored = [name for name, by_seed in scores.items() if by_seed]
    curves = {name: scores_of_test_events(track, entries[name]) for name in scored} if track.trained else {}
    covariance = event_covariance([curves[name] for name in scored]) if curves else None
    of_pair, of_entry = {}, {}
    if covariance is not None:
        of_entry = {name: float(covariance[i, i]) for i, name in enumerate(scored)}
        of_pair = {
            (scored[i], scored[j]): variance_of_difference(covariance, i, j)
            for i, j in combinations(range(len(scored)), 2)
        }
    by_chance = {name: _chance_scores(track, entries[name], curves.get(name, {})) for name in scored}
    testable = {name: known for name, known in by_chance.items() if known}
    better = above_chance(testable)
    below = frozenset(name for name in testable if name not in better and _is_testable(testable[name]))
    competing = {name: scores[name] for name in scored if name not in below}
    return Ranking(
        tiers=tiers(
            competing,
            higher_is_better=higher_is_better(track),
            shapeless=column.shapeless,
            extra_variance=of_pair,
            printed=column.text,
        ),
        not_above_random=below,
        score_variance=of_entry,
    )


def scores_of_test_events(track: Track, trials: Sequence[TrialResult]) -> dict[int, TestScores]:
    """Seed → score, and what was kept of the test events, of the trials that ended ok with a score."""
    found = {}
    for result in trials:
        score = result.metrics.get(SCORE[track])
        if result.status is Status.OK and score is not None and is_number(score):
            found[result.spec.seed] = with_test_events(result, score)
    return found


def _is_testable(scores: Sequence[ChanceScore]) -> bool:
    """Whether chance can be excluded at all: its spread is known, or there are seeds to estimate it from."""
    return len(scores) > 1 or all(score.deviation is not None for score in scores)


def _chance_scores(track: Track, trials: Sequence[TrialResult], curves: Mapping[int, TestScores]) -> list[ChanceScore]:
    """The score of each seed with its distribution by chance."""
    if track is Track.REGRESSION:  # a constant has 0, and test events move its score as they move this one
        root = math.sqrt(len(curves))
        known = [(each.auc, each.deviation) for each in curves.values()]
        return [ChanceScore(score, 0.0, root * deviation) for score, deviation in known if deviation is not None]
    if track is Track.CLASSIFICATION:
        return [ChanceScore(each.auc, 0.5, _auc_deviation(each, len(curves)), 0.0) for each in curves.values()]
    found = []
    for result in trials:
        score = result.metrics.get(SCORE[track])
        if result.status is Status.OK and score is not None and is_number(score):
            mean = result.metrics.get("f1_of_chance", 0.0)
            lowest = -mean / (1.0 - mean) if mean < 1.0 else -1.0
            found.append(ChanceScore(score, 0.0, result.metrics.get("f1_chance_deviation"), lowest))
    return found


def _auc_deviation(scores: TestScores, seeds: int) -> float | None:
    """√n times the standard deviation of the AUC of random scores (Mann & Whitney 1947).

    The mean over n seeds then has that deviation: on the same test events, classifiers without information may agree.
    """
    if scores.labels is None or scores.labels.ndim != 1:
        return None
    signal = int((scores.labels == 1).sum())
    background = len(scores.labels) - signal
    if signal == 0 or background == 0:
        return None
    return math.sqrt(seeds * (signal + background + 1) / (12.0 * signal * background))
