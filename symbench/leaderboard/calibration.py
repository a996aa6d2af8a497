"""Calibration of counting rules: false certification and detection of each entry over the settings of a suite."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from symbench.component import FrozenModel, Track
from symbench.leaderboard.rows import is_reference
from symbench.leaderboard.selection import select
from symbench.leaderboard.table import NOTHING, Line, Table
from symbench.trial.result import Status, TrialResult

if TYPE_CHECKING:
    import pandas as pd

_FALSE, _IN_DOMAIN, _DETECTED = "false_certification", "false_certification_in_domain", "detected"

PUBLISHED: Mapping[str, tuple[float, float, float]] = {
    "fixed": (0.005, 0.633, 0.784),
    "eigengap": (0.650, 1.000, 0.842),
    "rank": (0.070, 1.000, 0.988),
    "weyl": (0.0, 0.0, 0.0),
    "ellipsoid": (0.0, 0.0, 0.484),
}
"""By the rule of `equation-symmetry`: mean and worst false certification, and detection, as printed in SymCert (2026).

Over 240 settings of ten systems, 300 samples each, with δ = α = 0.05; the systems here are others.
"""


class CalibrationRow(FrozenModel):
    """The rates of one entry over settings: a task label and a training size, whose rate is one over seeds."""

    track: Track
    method: str
    settings: int
    trials: int
    false_mean: float = Field(description="mean over settings of the share of seeds with a false claim")
    false_worst: float = Field(description="the largest such share")
    false_in_domain: float = Field(description="mean of the same, judged in the domain that a claim states")
    detection: float | None = Field(description="mean over settings with a symmetry of the share that finds all of it")
    published: tuple[float, float, float] | None = Field(
        description="published false certification, mean and worst, and detection of the rule, on other systems"
    )
    bound: bool


def calibrations(results: Sequence[TrialResult], current_keys: Collection[str] | None = None) -> list[CalibrationRow]:
    """A row for each entry with claims that an exact equation judges, in order of appearance."""
    by_method: dict[tuple[Track, str], dict[tuple[str, int], list[TrialResult]]] = {}
    for result in select(results, current_keys).current:
        if result.status is Status.OK and _FALSE in result.metrics:
            spec = result.spec
            settings = by_method.setdefault((spec.track, spec.method_label), {})
            settings.setdefault((spec.task_label, spec.train_size), []).append(result)
    return [_row(track, method, settings) for (track, method), settings in by_method.items()]


def _row(track: Track, method: str, settings: Mapping[tuple[str, int], list[TrialResult]]) -> CalibrationRow:
    first = next(iter(settings.values()))[0].spec.method
    false = [_mean(trials, _FALSE) for trials in settings.values()]
    found = [_mean(trials, _DETECTED) for trials in settings.values() if _DETECTED in trials[0].metrics]
    return CalibrationRow(
        track=track,
        method=method,
        settings=len(settings),
        trials=sum(map(len, settings.values())),
        false_mean=sum(false) / len(false),
        false_worst=max(false),
        false_in_domain=sum(_mean(trials, _IN_DOMAIN) for trials in settings.values()) / len(false),
        detection=sum(found) / len(found) if found else None,
        published=PUBLISHED.get(str(first.parameters.get("rule"))),
        bound=is_reference(track, first.name),
    )


def _mean(trials: Sequence[TrialResult], name: str) -> float:
    return sum(trial.metrics[name] for trial in trials) / len(trials)


HEADS = (
    *("method", "settings", "trials", "false, mean", "false, worst", "false in its domain", "detection"),
    *("published: false, mean", "published: false, worst", "published: detection"),
)


def calibration_table(rows: Sequence[CalibrationRow]) -> Table:
    """Rates over settings, with published figures beside; the rows of one track."""
    lines = tuple(
        Line(
            (
                row.method,
                str(row.settings),
                str(row.trials),
                *(_text(value) for value in (row.false_mean, row.false_worst, row.false_in_domain, row.detection)),
                *(_text(value) for value in row.published or (None, None, None)),
            ),
            dim=row.bound,
        )
        for row in rows
    )
    return Table(
        "Calibration: false certification and detection over settings",
        HEADS,
        lines,
        ("method",),
        "A setting is a task at one training size. A claim is false if a direction of its span has an exact relative "
        "defect above the tolerance in the whole domain of the task, or in the domain that the claim states. Detection "
        "is the share of trials that find the whole algebra, where there is one. Published figures: SymCert (2026), on "
        "ten systems of its own, 240 settings with 300 samples each.",
    )


def calibration_frame(rows: Sequence[CalibrationRow]) -> pd.DataFrame:
    """The rows as a table of pandas."""
    import pandas as pd

    return pd.DataFrame([row.model_dump(mode="json", exclude={"published"}) for row in rows])


def _text(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}"
