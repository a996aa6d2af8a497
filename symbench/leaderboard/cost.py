"""The cost of a trial at the largest training size of its task: parameters, operations, speed, time and memory."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from symbench.component import FrozenModel, Track
from symbench.leaderboard.rows import LeaderboardRow
from symbench.leaderboard.table import NOTHING, Line, Table, grouped
from symbench.metrics.catalog import metric

COSTS = (
    *("parameters", "forward_mflop", "train_jets_per_s", "test_jets_per_s"),
    *("train_events_per_s", "test_events_per_s"),
    *("fit_seconds", "evaluate_seconds", "cpu_seconds", "peak_memory_mib", "device_memory_mib", "steps"),
)


class CostRow(FrozenModel):
    """The mean cost of one entry over the seeds that ended `ok`."""

    track: Track
    task: str
    method: str
    train_size: int
    bound: bool
    costs: dict[str, float] = Field(description="metrics of COSTS that were measured")


def costs(rows: Sequence[LeaderboardRow]) -> list[CostRow]:
    """The cost of every entry at the largest size of its task, in the order of the leaderboard."""
    largest: dict[tuple[Track, str], int] = {}
    for row in rows:
        key = (row.track, row.task)
        largest[key] = max(row.train_size, largest.get(key, 0))
    cost_rows = []
    for row in rows:
        measured = {name: row.metrics[name].mean for name in COSTS if name in row.metrics}
        if measured and row.train_size == largest[row.track, row.task]:
            cost_rows.append(
                CostRow(
                    track=row.track,
                    task=row.task,
                    method=row.method,
                    train_size=row.train_size,
                    bound=row.bound,
                    costs=measured,
                )
            )
    return cost_rows


def cost_table(rows: Sequence[CostRow], title: str = "Mean cost of a trial") -> Table:
    """The rows as a table of text, with the columns that at least one of them has."""
    shown = [name for name in COSTS if any(name in row.costs for row in rows)]
    lines = (
        Line(
            (
                row.task,
                row.method,
                f"{row.train_size:,}",
                *(metric(name).text(row.costs[name]) if name in row.costs else NOTHING for name in shown),
            ),
            dim=row.bound,
        )
        for row in rows
    )
    heads = ("task", "method", "N", *(metric(name).heading for name in shown))
    return Table(title, heads, grouped(lines), ("task", "method"))


def cost_tables(rows: Sequence[CostRow]) -> list[Table]:
    """One table for each track that has rows."""
    by_track = {track: [row for row in rows if row.track is track] for track in Track}
    return [cost_table(group, f"Mean cost of a trial, {track} track") for track, group in by_track.items() if group]
