"""Which transformations the events of a task exclude as symmetries, over all seeds of its trials."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING

from pydantic import Field

from symbench.component import FrozenModel, Track
from symbench.leaderboard.selection import select
from symbench.leaderboard.table import Line, Table
from symbench.trial.result import Status, TrialResult

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.05
"""The probability that the table of a task with true symmetries alone challenges any of them (Holm)."""


class ChallengeRow(FrozenModel):
    """One transformation of one task at one number of events, over seeds."""

    task: str
    transformation: str
    train_size: int
    seeds: int
    accuracy: float = Field(description="mean over seeds of the share of events preferred to their copies")
    accuracy_error: float = Field(description="standard error of one seed; seeds may share events")
    z: float = Field(description="median over seeds")
    z_low: float
    z_high: float
    p: float = Field(description="p-value of all seeds together, whatever events they share")
    control: bool = Field(description="events and copies exchanged at random: the symmetry holds")
    below_level: int = Field(description="seeds whose own p-value is below 5 %")
    challenged: bool

    @property
    def verdict(self) -> str:
        return f"challenged (z = {self.z:.1f})" if self.challenged else "not challenged"


def combined_p(values: Sequence[float]) -> float:
    """One p-value from those of several seeds, valid however they depend on each other.

    Twice the (lower) median (Meinshausen, Meier and Bühlmann, J. Am. Stat. Assoc. 104 (2009) 1671, eq. 2.2 at γ = ½);
    of one seed, its own.
    """
    if len(values) == 1:
        return values[0]
    return min(1.0, 2 * sorted(values)[(len(values) - 1) // 2])


def challenges(results: Sequence[TrialResult], current_keys: Collection[str] | None = None) -> list[ChallengeRow]:
    """A row for each transformation, tasks in order of appearance, largest number of events first.

    Holm's procedure runs over the transformations of a task at one number of events, and over its controls apart.
    """
    groups: dict[tuple[str, int], dict[str, list[TrialResult]]] = {}
    for result in select(results, current_keys).current:
        spec = result.spec
        if spec.track is Track.CHALLENGE and result.status is Status.OK:
            by_label = groups.setdefault((spec.task_label, spec.train_size), {})
            by_label.setdefault(spec.method_label, []).append(result)
    order = {task: place for place, (task, _) in reversed(list(enumerate(groups)))}
    rows: list[ChallengeRow] = []
    for (task, size), by_label in sorted(groups.items(), key=lambda item: (order[item[0][0]], -item[0][1])):
        found = [_row(task, size, label, trials) for label, trials in by_label.items()]
        for control in (False, True):
            rows += _judged([row for row in found if row.control is control])
    return rows


def _row(task: str, size: int, label: str, trials: Sequence[TrialResult]) -> ChallengeRow:
    z, p, accuracy, error = (
        [trial.metrics[f"challenge_{name}"] for trial in trials] for name in ("z", "p", "accuracy", "accuracy_error")
    )
    return ChallengeRow(
        task=task,
        transformation=label,
        train_size=size,
        seeds=len(trials),
        accuracy=fmean(accuracy),
        accuracy_error=fmean(error),
        z=median(z),
        z_low=min(z),
        z_high=max(z),
        p=combined_p(p),
        control=bool(trials[0].spec.method.parameters.get("control")),
        below_level=sum(one < LEVEL for one in p),
        challenged=False,
    )


def _judged(rows: Sequence[ChallengeRow]) -> list[ChallengeRow]:
    from symbench.stats.separation import holm

    rejected = {place for _, place in holm([(row.p, place) for place, row in enumerate(rows)], LEVEL)}
    return [row.model_copy(update={"challenged": place in rejected}) for place, row in enumerate(rows)]


NOTE = (
    "A symmetry is challenged, or not challenged; it is never confirmed. All transformations of a task together are "
    "wrongly challenged with a probability of at most 5 % (Holm, on twice the median p-value of the seeds). `real one "
    "preferred` is how often a classifier prefers an event to its transformed copy, 0.5 if it cannot tell: the "
    "breaking of the data. z is the median over seeds, with its range. In controls, events and copies are exchanged at "
    "random, so that the symmetry holds."
)


def challenge_table(rows: Sequence[ChallengeRow]) -> Table:
    """The transformations of one task or of several."""
    heads = ("task", "transformation", "N", "seeds", "real one preferred", "z", "p < 5 %", "p of all", "verdict")
    lines: list[Line] = []
    for i, row in enumerate(rows):
        spread = "" if row.seeds == 1 else f" ({row.z_low:.1f} to {row.z_high:.1f})"
        cells = (
            row.task,
            row.transformation,
            f"{row.train_size:,}",
            str(row.seeds),
            f"{row.accuracy:.3f} ± {row.accuracy_error:.3f}",
            f"{row.z:.1f}{spread}",
            f"{row.below_level} of {row.seeds}",
            f"{row.p:.2g}",
            row.verdict,
        )
        new = i > 0 and (row.task, row.train_size) != (rows[i - 1].task, rows[i - 1].train_size)
        lines.append(Line(cells, dim=row.control, rule=new))
    words = ("task", "transformation", "verdict")
    return Table("Which is real? Transformations that events exclude as symmetries", heads, tuple(lines), words, NOTE)


def challenge_frame(rows: Sequence[ChallengeRow]) -> pd.DataFrame:
    """The rows as a table of pandas."""
    import pandas as pd

    return pd.DataFrame([{**row.model_dump(mode="json"), "verdict": row.verdict} for row in rows])
