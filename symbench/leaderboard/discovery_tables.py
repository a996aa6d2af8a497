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

_ONE_TASK = "If a control has a number of tasks, each seed is another task: the rate is one over tasks, not samples."


def false_discovery_table(rows: Sequence[FalseDiscoveryRow]) -> Table:
    """Claims, rate and interval of each control and method; the rows of one track."""
    lines = (
        Line(
            (
                _control(row),
                row.method,
                "largest" if row.train_size is None else f"{row.train_size:,}",
                f"{row.claims.successes} of {row.claims.trials}",
                f"{row.claims.value:.2f}",
                interval(row.claims),
                f"< {row.limit:.3f}",
                str(row.not_learnt),
                str(row.failed),
            ),
            dim=row.bound,
        )
        for row in rows
    )
    return Table(
        f"False discoveries, {rows[0].track} track: claims on controls",
        ("control", "method", "N", "claims", "rate", "95 % interval", "95 % limit", "not learnt", "failed"),
        grouped(lines),
        ("control", "method"),
        " ".join(
            note
            for note, needed in (
                (_ONE_OUTCOME, any(row.task is None for row in rows)),
                (_ONE_TASK, any(row.task is not None and row.tasks > 1 for row in rows)),
            )
            if needed
        ),
    )


def _control(row: FalseDiscoveryRow) -> str:
    """The label; with the number of its tasks, if each seed has another one."""
    if row.task is None:
        return EVERY_CONTROL
    return f"{row.task} ({row.tasks} tasks)" if row.tasks > 1 else row.task


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
