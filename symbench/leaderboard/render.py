"""The leaderboard as a terminal table, Markdown, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from symbench.component import Track
from symbench.errors import UnknownNameError
from symbench.leaderboard.rows import LeaderboardRow
from symbench.metrics.catalog import COLUMNS, SCORE, Metric, metric
from symbench.stats.intervals import Estimate
from symbench.trial.result import Status

if TYPE_CHECKING:
    from rich.table import Table

FORMATS = ("table", "markdown", "csv", "json")
NOTHING = "–"
WORDS = ("method", "algebra", "trials")
"""The heads of columns of text, which are left-aligned."""
PLAIN_ABOVE = 500
"""Rows beyond which a table for the terminal is laid out without rich, whose wrapping takes a millisecond a row."""


def render(rows: Sequence[LeaderboardRow], format: str = "table", *, width: int = 140) -> str:
    """Rows as text in one of FORMATS; raises UnknownNameError for another."""
    if format == "table" and len(rows) > PLAIN_ABOVE:
        return "\n".join(_plain(rows))
    if format == "table":
        from rich.console import Console

        console = Console(file=io.StringIO(), width=width, highlight=False)
        for table in rich_tables(rows):
            console.print(table)
        return str(console.file.getvalue())  # type: ignore[attr-defined]
    if format == "markdown":
        return "\n".join(_markdown(rows))
    if format == "csv":
        return _csv(rows)
    if format == "json":
        return json.dumps([row.model_dump(mode="json") for row in rows], indent=1, allow_nan=False)
    raise UnknownNameError("format", format, FORMATS)


def _plain(rows: Sequence[LeaderboardRow]) -> Iterator[str]:
    """Aligned columns as wide as they need to be, one table a task."""
    for (track, task), group in by_task(rows):
        heads = headings(group)
        lines = [heads, *(cells(row, heads) for row in group)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        left = [head in WORDS for head in heads]
        yield f"{task}  ({track} track)"
        for line in lines:
            padded = (
                cell.ljust(width) if to_left else cell.rjust(width)
                for cell, width, to_left in zip(line, widths, left, strict=True)
            )
            yield "  ".join(padded).rstrip()
        yield ""


def rich_tables(rows: Sequence[LeaderboardRow]) -> list[Table]:
    """One table a task for the terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text  # cells are text, never markup: `fit [s]` and `[boost]` are to be seen as written

    tables = []
    for (track, task), group in by_task(rows):
        heads = headings(group)
        title = Text(f"{task}  ({track} track)", style="bold")
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for head in heads:
            left = head in WORDS
            narrow = head in ("N", "method", metric(SCORE[track]).heading)
            table.add_column(Text(head), justify="left" if left else "right", vertical="bottom", no_wrap=narrow)
        previous = None
        for row in group:
            if previous is not None and row.train_size != previous:
                table.add_section()
            previous = row.train_size
            table.add_row(*map(Text, cells(row, heads)), style="dim" if row.bound else None)
        tables.append(table)
    return tables


def by_task(rows: Sequence[LeaderboardRow]) -> Iterator[tuple[tuple[Track, str], list[LeaderboardRow]]]:
    """The rows of each (track, task), in their order."""
    for key, group in groupby(rows, key=lambda row: (row.track, row.task)):
        yield key, list(group)


def headings(rows: Sequence[LeaderboardRow]) -> list[str]:
    """The heads of a task's table: only of columns that one of its rows has."""
    track = rows[0].track
    columns = [metric(name).heading for name in shown_metrics(rows)]
    names = ["algebra"] if any(row.algebra for row in rows) else []
    return ["N", "tier", "method", metric(SCORE[track]).heading, *columns, *names, "trials"]


def shown_metrics(rows: Sequence[LeaderboardRow]) -> list[str]:
    """The secondary metrics of a task's table."""
    return [name for name in COLUMNS[rows[0].track] if any(name in row.metrics for row in rows)]


def cells(row: LeaderboardRow, heads: Sequence[str]) -> list[str]:
    """A row's texts under these heads."""
    by_head = {metric(name).heading: name for name in COLUMNS[row.track]}
    texts = {
        "N": f"{row.train_size:,}",
        "tier": "bound" if row.bound else str(row.tier or NOTHING),
        "method": row.method,
        metric(row.score_name).heading: estimate_text(metric(row.score_name), row.score),
        "algebra": f"{row.algebra} ({row.algebra_votes}/{row.seeds_ok})" if row.algebra else NOTHING,
        "trials": row.trials,
    }
    return [
        texts[head] if head in texts else value_text(metric(by_head[head]), row.metrics.get(by_head[head]))
        for head in heads
    ]


def estimate_text(column: Metric, value: Estimate | None) -> str:
    """Mean and interval, `0.961 [0.955, 0.966]`; with one seed no interval is claimed."""
    if value is None:
        return NOTHING
    if value.low is None or value.high is None:
        return f"{column.text(value.mean)} (1 seed)"
    return f"{column.text(value.mean)} [{column.text(value.low)}, {column.text(value.high)}]"


def value_text(column: Metric, value: Estimate | None) -> str:
    """The mean alone, for secondary columns."""
    return NOTHING if value is None else column.text(value.mean)


def _markdown(rows: Sequence[LeaderboardRow]) -> Iterator[str]:
    for (track, task), group in by_task(rows):
        heads = headings(group)
        yield f"**{escape_markdown(task)}** ({track} track)\n"
        yield markdown_table(heads, [cells(row, heads) for row in group]) + "\n"


def markdown_table(heads: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; a pipe in a cell is escaped."""
    lines = [heads, ["---"] * len(heads), *body]
    return "\n".join("| " + " | ".join(escape_markdown(cell) for cell in line) + " |" for line in lines)


def escape_markdown(text: str) -> str:
    """Text that stays one cell and is not read as markup."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _csv(rows: Sequence[LeaderboardRow]) -> str:
    names = sorted({name for row in rows for name in row.metrics})
    heads = ["track", "task", "method", "train_size", "tier", "bound", "algebra", "algebra_votes"]
    heads += [*(status.value for status in Status), "stale"]
    heads += [f"{name}{suffix}" for name in names for suffix in ("", "_low", "_high", "_median", "_seeds")]
    out = io.StringIO()
    writer = csv.DictWriter(out, heads, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: "" if value is None else value for key, value in _flat(row).items()})
    return out.getvalue()


def _flat(row: LeaderboardRow) -> dict[str, Any]:
    fields = ("track", "task", "method", "train_size", "tier", "bound", "algebra", "algebra_votes", "stale")
    flat: dict[str, Any] = {name: getattr(row, name) for name in fields}
    flat["track"] = row.track.value
    flat |= {status.value: row.statuses.get(status, 0) for status in Status}
    for name, value in row.metrics.items():
        flat |= {
            name: value.mean,
            f"{name}_low": value.low,
            f"{name}_high": value.high,
            f"{name}_median": value.median,
            f"{name}_seeds": value.n,
        }
    return flat
