"""False discoveries and events needed as tables for the terminal, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from symbench.leaderboard.discovery import FOUND, RELIABLY, EventsNeededRow, FalseDiscoveryRow
from symbench.leaderboard.render import escape_markdown, markdown_table
from symbench.leaderboard.table import Line, Table, grouped
from symbench.stats.binomial import Share
from symbench.stats.curves import Bound

EVERY_CONTROL = "all controls"
_ONE_OUTCOME = (
    f"{EVERY_CONTROL.capitalize()}: one outcome for each control and seed, at the control's largest N; smaller samples "
    "of a seed are parts of the larger one, and would be no further trials."
)


def false_discovery_table(rows: Sequence[FalseDiscoveryRow]) -> Table:
    """Claims, rate and interval of each control and method; the rows of one track."""
    lines = (
        Line(
            (
                row.task or EVERY_CONTROL,
                row.method,
                "largest" if row.train_size is None else f"{row.train_size:,}",
                f"{row.claims.successes} of {row.claims.trials}",
                f"{row.claims.value:.2f}",
                interval(row.claims),
                str(row.failed),
            ),
            dim=row.bound,
        )
        for row in rows
    )
    return Table(
        f"False discoveries, {rows[0].track} track: claims on controls",
        ("control", "method", "N", "claims", "rate", "95 % interval", "failed"),
        grouped(lines),
        ("control", "method"),
        _ONE_OUTCOME if any(row.task is None for row in rows) else "",
    )


def events_needed_table(rows: Sequence[EventsNeededRow]) -> Table:
    """Events needed with their interval, and how many seeds found it at each size; the rows of one track."""
    lines = (
        Line(
            (
                row.task,
                row.method,
                str(row.size),
                f"{row.size_low} to {row.size_high}",
                ", ".join(f"{share.successes}/{share.trials} at {size:,}" for size, share in row.found.items()),
            ),
            dim=row.bound,
        )
        for row in rows
    )
    return Table(
        f"Events needed, {rows[0].track} track: F1 ≥ {FOUND} in {100 * RELIABLY:.0f} % of seeds",
        ("task", "method", "events needed", "95 % interval", "seeds that reach it"),
        grouped(lines),
        ("task", "method", "seeds that reach it"),
    )


def interval(share: Share) -> str:
    """`[0.00, 0.17]`."""
    return f"[{share.low:.2f}, {share.high:.2f}]"


def render_tables(tables: Sequence[Table], format: str, *, width: int = 140) -> str:
    """Tables one below the other, for `table` or `markdown`."""
    if format == "markdown":
        parts = (
            (f"**{t.title}**", markdown_table(t.heads, [line.cells for line in t.lines]), escape_markdown(t.note))
            for t in tables
        )
        return "\n\n".join("\n\n".join(filter(None, part)) for part in parts)
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console(file=io.StringIO(), width=width, highlight=False)
    for t in tables:
        table = RichTable(title=Text(t.title, style="bold"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for head, text in zip(t.heads, t.text, strict=True):
            table.add_column(Text(head), justify="left" if text else "right", vertical="bottom")
        for line in t.lines:
            table.add_row(*map(Text, line.cells), style="dim" if line.dim else None)
        console.print(table)
        if t.note:
            console.print(Text(t.note), end="\n\n")
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def render_rows(rows: Sequence[FalseDiscoveryRow] | Sequence[EventsNeededRow], format: str) -> str:
    """Rows as `csv` or `json`; a censored number is a number and its relation, and sizes share a cell in CSV."""
    if format == "json":
        return json.dumps([row.model_dump(mode="json") for row in rows], indent=1, allow_nan=False)
    flat = [_flat_claims(row) if isinstance(row, FalseDiscoveryRow) else _flat_events(row) for row in rows]
    out = io.StringIO()
    if flat:
        writer = csv.DictWriter(out, list(flat[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(flat)
    return out.getvalue()


def _flat_claims(row: FalseDiscoveryRow) -> dict[str, object]:
    return {
        "track": row.track,
        "control": row.task or EVERY_CONTROL,
        "method": row.method,
        "train_size": "" if row.train_size is None else row.train_size,
        "claims": row.claims.successes,
        "trials": row.claims.trials,
        "rate": row.claims.value,
        "rate_low": row.claims.low,
        "rate_high": row.claims.high,
        "failed": row.failed,
        "bound": row.bound,
    }


def _flat_events(row: EventsNeededRow) -> dict[str, object]:
    def parts(name: str, bound: Bound) -> dict[str, object]:
        return {name: bound.value, f"{name}_relation": bound.relation}

    return {
        "track": row.track,
        "task": row.task,
        "method": row.method,
        **parts("events", row.size),
        **parts("events_low", row.size_low),
        **parts("events_high", row.size_high),
        "seeds": "; ".join(f"{size}: {s.successes}/{s.trials}" for size, s in row.found.items()),
        "bound": row.bound,
    }
