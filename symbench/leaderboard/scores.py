"""The leaderboard as tables of text, one for each task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from symbench.component import Track
from symbench.leaderboard.rows import LeaderboardRow
from symbench.leaderboard.table import NOTHING, Line, Table, grouped
from symbench.metrics.catalog import COLUMNS, SCORE, metric
from symbench.metrics.metric import Metric
from symbench.stats.curves import Bound
from symbench.stats.intervals import Estimate

WORDS = ("method", "algebra", "trials")
"""Heads of the columns that contain text."""

NOT_ABOVE_RANDOM = "not above random"


def score_tables(rows: Sequence[LeaderboardRow], columns: Sequence[str] | None = None) -> list[Table]:
    """One table for each task, with a rule between training sizes.

    columns     names of the metrics beside the score; by default those of the track
    """
    tables = []
    for (track, task), group in by_task(rows):
        heads = headings(group, columns)
        narrow = ("N", "method", metric(SCORE[track]).heading)
        lines = []
        for previous, row in zip([None, *group], group, strict=False):
            rule = previous is not None and row.train_size != previous.train_size
            lines.append(Line(tuple(cells(row, heads, columns)), dim=row.bound, rule=rule))
        title, note = f"{task}  ({track} track)", score_note(group)
        tables.append(Table(title, tuple(heads), tuple(lines), WORDS, note, narrow))
    return tables


def metric_tables(rows: Sequence[LeaderboardRow]) -> list[Table]:
    """Every metric of every entry under the name that `--sort` and `--columns` take, one table for each task."""
    tables = []
    for (track, task), group in by_task(rows):
        lines = (
            Line((row.method, f"{row.train_size:,}", name, *_estimate(name, value), str(value.n)), dim=row.bound)
            for row in group
            for name, value in row.metrics.items()
        )
        heads = ("method", "N", "metric", "mean", "95 % interval", "seeds")
        tables.append(Table(f"{task}  ({track} track)", heads, grouped(lines), ("method", "metric")))
    return tables


def _estimate(name: str, value: Estimate) -> tuple[str, str]:
    """The mean and its interval as two cells."""
    text = metric(name).text
    interval = NOTHING if value.low is None or value.high is None else f"[{text(value.low)}, {text(value.high)}]"
    return text(value.mean), interval


def score_note(rows: Sequence[LeaderboardRow]) -> str:
    """Which training events the seeds of a task share, and which entries are not above random; may be empty."""
    shared = {row.train_size: row.shared_events for row in rows if row.shared_events}
    sentences = []
    if shared:
        listed = ", ".join(f"{100 * value:.0f} % at N = {size:,}" for size, value in shared.items())
        sentences.append(
            f"Two seeds share training events, on average {listed}. The more they share, the less the intervals "
            "contain of the randomness of the data."
        )
    if any(row.above_random is False for row in rows):
        sentences.append(f"“{NOT_ABOVE_RANDOM}”: chance would have the score, too (one-sided test, 5 % for the table).")
    return " ".join(sentences)


def by_task(rows: Sequence[LeaderboardRow]) -> Iterator[tuple[tuple[Track, str], list[LeaderboardRow]]]:
    """The rows of each (track, task), in their order."""
    for key, group in groupby(rows, key=lambda row: (row.track, row.task)):
        yield key, list(group)


def headings(rows: Sequence[LeaderboardRow], chosen: Sequence[str] | None = None) -> list[str]:
    """The heads of a task's table; columns without any value are omitted."""
    track = rows[0].track
    columns = [metric(name).heading for name in shown_metrics(rows, chosen)]
    names = ["algebra"] if any(row.algebra for row in rows) else []
    return ["N", "tier", "method", metric(SCORE[track]).heading, *columns, *names, "trials"]


def shown_metrics(rows: Sequence[LeaderboardRow], chosen: Sequence[str] | None = None) -> list[str]:
    """The secondary metrics of a task's table, of those chosen or of the track's, that some row has."""
    names = COLUMNS[rows[0].track] if chosen is None else chosen
    return [name for name in names if any(name in row.metrics or name in row.not_finite for row in rows)]


def cells(row: LeaderboardRow, heads: Sequence[str], chosen: Sequence[str] | None = None) -> list[str]:
    """The texts of a row under these heads."""
    by_head = {metric(name).heading: name for name in (*COLUMNS[row.track], *(chosen or ()))}
    texts = {
        "N": f"{row.train_size:,}",
        "tier": tier_text(row),
        "method": row.method,
        metric(row.score_name).heading: estimate_text(metric(row.score_name), row.score)
        + _lacking(row, row.score_name),
        "algebra": f"{row.algebra_text} ({row.algebra_votes}/{row.seeds_ok})" if row.algebra else NOTHING,
        "trials": row.trials,
    }
    return [
        texts[head] if head in texts else secondary_text(row, by_head[head]) + _lacking(row, by_head[head])
        for head in heads
    ]


def tier_text(row: LeaderboardRow) -> str:
    """The tier, or why there is none."""
    if row.bound:
        return "reference"
    if row.above_random is False:
        return NOT_ABOVE_RANDOM
    return str(row.tier or NOTHING)


def secondary_text(row: LeaderboardRow, name: str) -> str:
    """The mean, with the metric that qualifies it in brackets.

    Of a background rejection with its standard error, or `≥` its lower limit with 95 % confidence.
    """
    column, error, value = metric(name), row.errors.get(name), row.metrics.get(name)
    text = value_text(column, value)
    if value is not None and column.beside is not None:
        qualifying_name, word = column.beside
        qualifying = row.metrics.get(qualifying_name)
        text += f" ({word} {metric(qualifying_name).text(qualifying.mean)})" if qualifying is not None else ""
    if error is None or name not in row.metrics:
        return text
    return f"≥ {column.text(error.limit)}" if error.limit is not None else f"{text} ± {column.text(error.error or 0.0)}"


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
    """`2.4 to 6.2`; with one limit `> 2.4` or `< 6.2`, without any `not determined`; a text instead with one seed."""
    if low is None or high is None:
        return "none (1 seed)"
    if (low.relation, high.relation) == ("<", ">"):
        return "not determined"
    if high.relation == ">":
        return str(Bound(low.value, ">"))
    return str(Bound(high.value, "<")) if low.relation == "<" else f"{low} to {high}"
