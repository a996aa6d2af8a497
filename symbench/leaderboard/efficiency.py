"""Data efficiency: the baseline's equivalent size, and N(target), area and power law of each learning curve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from pydantic import Field

from symbench.component import FrozenModel, Track
from symbench.errors import UnknownNameError
from symbench.leaderboard.estimates import with_test_events
from symbench.leaderboard.selection import select
from symbench.metrics.catalog import SCORE, metric
from symbench.stats.curves import Bound, area_under_curve
from symbench.stats.efficiency import EquivalentSize, equivalent_size, size_for_target
from symbench.stats.intervals import Estimate, mean_estimate, paired_difference
from symbench.stats.powerlaw import PowerLaw, fit_power_law
from symbench.stats.test_events import TestScores
from symbench.trial.result import Status, TrialResult

Curve = dict[int, dict[int, TestScores]]
"""Training size → seed → AUC and scores of the trial on the test events."""


class EfficiencyRow(FrozenModel):
    """A method with n training events against the baseline: ratio = equivalent size / n.

    A ratio above 1 means that the method needs less data. A `Bound` with the relation `>` or `<` is censored: the
    baseline's curve does not reach the score at its sizes, or exceeds it already at the smallest.
    """

    task: str
    method: str
    baseline: str
    train_size: int = Field(description="the method's training events n")
    equivalent: Bound = Field(description="events that the baseline needs for the same score")
    equivalent_low: Bound | None = Field(description="95 % interval; None with one seed")
    equivalent_high: Bound | None
    ratio: Bound
    ratio_low: Bound | None
    ratio_high: Bound | None
    difference: Estimate | None = Field(description="score minus the baseline's at the same n, paired by seed")
    seeds: int = Field(description="seeds that method and baseline share")
    events_resampled: bool = Field(description="the interval contains the uncertainty of the test events")
    score_name: str = Field("AUC", description="title of the score that is compared")


class TargetRow(FrozenModel):
    """The learning curve of a method in three numbers: N(target), area, and power law."""

    track: Track
    task: str
    method: str
    score_name: str
    target: float
    size: Bound | None = Field(description="events needed to reach the target; None without complete seeds")
    size_low: Bound | None
    size_high: Bound | None
    seeds: int
    events_resampled: bool = Field(False, description="the interval contains the uncertainty of the test events")
    area: Estimate | None = Field(description="mean score over log N; None for a single size")
    area_gain: Estimate | None = Field(None, description="area minus the baseline's, paired by seed")
    power_law: PowerLaw | None = Field(description="a + b N^−c; None with fewer than three sizes")


def learning_curves(
    results: Sequence[TrialResult],
    track: Track,
    current_keys: Collection[str] | None = None,
    *,
    task_label: str | None = None,
) -> dict[str, dict[str, Curve]]:
    """task → method → learning curve, from the current trials of a track (or of one of its tasks) that ended ok."""
    curves: dict[str, dict[str, Curve]] = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    for result in select(results, current_keys).current:
        spec = result.spec
        score = result.metrics.get(SCORE[track])
        selected = spec.track is track and task_label in (None, spec.task_label)
        if selected and result.status is Status.OK and score is not None:
            by_seed = curves[spec.task_label][spec.method_label][spec.train_size]
            by_seed[spec.seed] = with_test_events(result, score)
    return {task: {m: dict(curve) for m, curve in methods.items()} for task, methods in curves.items()}


def data_efficiency(
    results: Sequence[TrialResult],
    baseline_label: str,
    *,
    task_label: str | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
    current_keys: Collection[str] | None = None,
) -> list[EfficiencyRow]:
    """Every network at every size against the baseline; tasks without a trained baseline are omitted.

    Raises UnknownNameError if no trial has the baseline's label.
    """
    labels = {r.spec.method_label for r in results if r.spec.track.trained}
    if baseline_label not in labels:
        raise UnknownNameError("baseline", baseline_label, labels)
    rows: list[EfficiencyRow] = []
    curves = [
        (track, task, methods)
        for track in Track
        if track.trained
        for task, methods in learning_curves(results, track, current_keys, task_label=task_label).items()
    ]
    for track, task, methods in curves:
        if baseline_label not in methods:
            continue
        for method, curve in methods.items():
            for size in sorted(curve) if method != baseline_label else ():
                equivalent = equivalent_size(curve[size], methods[baseline_label], resamples=bootstrap, seed=seed)
                if equivalent is not None:
                    gap = paired_difference(_scores(curve[size]), _scores(methods[baseline_label].get(size, {})))
                    row = _efficiency_row(task, method, baseline_label, size, equivalent, gap)
                    rows.append(row.model_copy(update={"score_name": metric(SCORE[track]).title}))
    return rows


def size_to_target(
    results: Sequence[TrialResult],
    track: Track,
    target: float,
    *,
    task_label: str | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
    current_keys: Collection[str] | None = None,
    baseline_label: str | None = None,
) -> list[TargetRow]:
    """N(target), area and power law of every learning curve of a track, for its main score.

    If a baseline is named, areas are compared with the baseline's over the sizes that both have.
    """
    rows: list[TargetRow] = []
    for task, methods in learning_curves(results, track, current_keys, task_label=task_label).items():
        for method, curve in methods.items():
            needed = size_for_target(float(target), curve, resamples=bootstrap, seed=seed)
            sizes, table = complete_table(curve)
            areas = areas_by_seed(curve, sizes)
            gain = None
            if baseline_label in methods and method != baseline_label:
                both = sorted(set(sizes) & set(methods[baseline_label]))
                gain = paired_difference(areas_by_seed(curve, both), areas_by_seed(methods[baseline_label], both))
            rows.append(
                TargetRow(
                    track=track,
                    task=task,
                    method=method,
                    score_name=metric(SCORE[track]).title,
                    target=target,
                    size=needed.estimate if needed else None,
                    size_low=needed.low if needed else None,
                    size_high=needed.high if needed else None,
                    seeds=len(table),
                    events_resampled=needed is not None and needed.events_resampled,
                    area=mean_estimate(list(areas.values())) if areas else None,
                    area_gain=gain,
                    power_law=fit_power_law(sizes, table, seed=seed) if table else None,
                )
            )
    return rows


def areas_by_seed(curve: Curve, sizes: Sequence[int]) -> dict[int, float]:
    """The area in log N of each seed that has all of these sizes; empty with fewer than two sizes."""
    if len(sizes) < 2:
        return {}
    common = set.intersection(*(set(curve[n]) for n in sizes))
    areas = {seed: area_under_curve(sizes, [curve[n][seed].auc for n in sizes]) for seed in sorted(common)}
    return {seed: area for seed, area in areas.items() if area is not None}


def _scores(by_seed: Mapping[int, TestScores]) -> dict[int, float]:
    return {seed: scores.auc for seed, scores in by_seed.items()}


def complete_table(curve: Curve) -> tuple[list[int], list[list[float]]]:
    """Sizes, and the scores (seeds, sizes) of the seeds that have every size."""
    sizes = sorted(curve)
    common = sorted(set.intersection(*(set(by_seed) for by_seed in curve.values()))) if curve else []
    return sizes, [[curve[n][s].auc for n in sizes] for s in common]


def _efficiency_row(
    task: str, method: str, baseline: str, size: int, equivalent: EquivalentSize, gap: Estimate | None
) -> EfficiencyRow:
    def ratio(bound: Bound | None) -> Bound | None:
        return None if bound is None else bound.scaled(1.0 / size)

    return EfficiencyRow(
        task=task,
        method=method,
        baseline=baseline,
        train_size=size,
        equivalent=equivalent.estimate,
        equivalent_low=equivalent.low,
        equivalent_high=equivalent.high,
        ratio=equivalent.estimate.scaled(1.0 / size),
        ratio_low=ratio(equivalent.low),
        ratio_high=ratio(equivalent.high),
        difference=gap,
        seeds=equivalent.seeds,
        events_resampled=equivalent.events_resampled,
    )
