"""False discoveries and events needed as tables of text."""

from __future__ import annotations

from collections.abc import Sequence

from symbench.leaderboard.discovery import FOUND, RELIABLY, EventsNeededRow, FalseDiscoveryRow
from symbench.leaderboard.frames import EVERY_CONTROL
from symbench.leaderboard.scores import interval_text
from symbench.leaderboard.table import Line, Table, grouped
from symbench.stats.binomial import Share

_ONE_OUTCOME = (
    f"{EVERY_CONTROL.capitalize()}: one outcome for each control and seed, at the control's largest N. Smaller samples "
    "are subsets of the larger sample of the same seed, so they are not independent trials."
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
    """Events needed with their interval, and the seeds that found the symmetry at each size; the rows of one track."""
    lines = (
        Line(
            (
                row.task,
                row.method,
                str(row.size),
                interval_text(row.size_low, row.size_high),
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
