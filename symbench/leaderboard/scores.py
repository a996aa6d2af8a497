"""The leaderboard as tables of text, one for each task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from symbench.component import Track
from symbench.leaderboard.rows import LeaderboardRow
from symbench.leaderboard.table import NOTHING, Line, Table
from symbench.metrics.catalog import COLUMNS, SCORE, metric
from symbench.metrics.metric import Metric
from symbench.stats.curves import Bound
from symbench.stats.intervals import Estimate

WORDS = ("method", "algebra", "trials")
"""Heads of the columns that contain text."""


def score_tables(rows: Sequence[LeaderboardRow]) -> list[Table]:
    """One table for each task, with a rule between training sizes."""
    tables = []
    for (track, task), group in by_task(rows):
        heads = headings(group)
        narrow = ("N", "method", metric(SCORE[track]).heading)
        lines = []
        for previous, row in zip([None, *group], group, strict=False):
            rule = previous is not None and row.train_size != previous.train_size
            lines.append(Line(tuple(cells(row, heads)), dim=row.bound, rule=rule))
        tables.append(Table(f"{task}  ({track} track)", tuple(heads), tuple(lines), WORDS, narrow=narrow))
    return tables


def by_task(rows: Sequence[LeaderboardRow]) -> Iterator[tuple[tuple[Track, str], list[LeaderboardRow]]]:
    """The rows of each (track, task), in their order."""
    for key, group in groupby(rows, key=lambda row: (row.track, row.task)):
        yield key, list(group)


def headings(rows: Sequence[LeaderboardRow]) -> list[str]:
    """The heads of a task's table; columns without any value are omitted."""
    track = rows[0].track
    columns = [metric(name).heading for name in shown_metrics(rows)]
    names = ["algebra"] if any(row.algebra for row in rows) else []
    return ["N", "tier", "method", metric(SCORE[track]).heading, *columns, *names, "trials"]


def shown_metrics(rows: Sequence[LeaderboardRow]) -> list[str]:
    """The secondary metrics of a task's table."""
    return [
        name for name in COLUMNS[rows[0].track] if any(name in row.metrics or name in row.not_finite for row in rows)
    ]


def cells(row: LeaderboardRow, heads: Sequence[str]) -> list[str]:
    """The texts of a row under these heads."""
    by_head = {metric(name).heading: name for name in COLUMNS[row.track]}
    texts = {
        "N": f"{row.train_size:,}",
        "tier": "reference" if row.bound else str(row.tier or NOTHING),
        "method": row.method,
        metric(row.score_name).heading: estimate_text(metric(row.score_name), row.score)
        + _lacking(row, row.score_name),
        "algebra": f"{row.algebra_text} ({row.algebra_votes}/{row.seeds_ok})" if row.algebra else NOTHING,
        "trials": row.trials,
    }
    return [texts[head] if head in texts else _cell(row, metric(by_head[head])) for head in heads]


def _cell(row: LeaderboardRow, column: Metric) -> str:
    """A secondary metric, with the metric that qualifies it in brackets."""
    value = row.metrics.get(column.name)
    text = value_text(column, value)
    if value is not None and column.beside is not None:
        name, word = column.beside
        qualifying = row.metrics.get(name)
        text += f" ({word} {metric(name).text(qualifying.mean)})" if qualifying is not None else ""
    return text + _lacking(row, column.name)


def _lacking(row: LeaderboardRow, name: str) -> str:
    """How many seeds have a value that is infinite or NaN, which no mean contains."""
    count = row.not_finite.get(name, 0)
    return f" ({count} not finite)" if count else ""


def estimate_text(column: Metric, value: Estimate | None) -> str:
    """Mean and interval, `0.961 [0.955, 0.966]`; with one seed there is no interval."""
    if value is None:
        return NOTHING
    if value.low is None or value.high is None:
        return f"{column.text(value.mean)} (1 seed)"
    return f"{column.text(value.mean)} [{column.text(value.low)}, {column.text(value.high)}]"


def value_text(column: Metric, value: Estimate | None) -> str:
    """The mean alone, for secondary columns."""
    return NOTHING if value is None else column.text(value.mean)


def interval_text(low: Bound | None, high: Bound | None) -> str:
    """`2.4 to 6.2`; a text instead with one seed, or if the interval extends beyond the sizes at both ends."""
    if low is None or high is None:
        return "none (1 seed)"
    if (low.relation, high.relation) == ("<", ">"):
        return "not determined by these sizes"
    return str(low) if low == high and low.relation != "=" else f"{low} to {high}"
