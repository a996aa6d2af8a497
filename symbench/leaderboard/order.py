"""The leaderboard in another order than that of rank, and by the metrics that a reader asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence

from symbench.errors import UnknownNameError
from symbench.leaderboard.rows import LeaderboardRow
from symbench.leaderboard.scores import by_task
from symbench.metrics.catalog import metric


def known_metrics(rows: Sequence[LeaderboardRow], names: Sequence[str]) -> None:
    """Return if every name is a metric that some row has, or the score; raises UnknownNameError."""
    known = {name for row in rows for name in row.metrics} | {row.score_name for row in rows}
    for name in names:
        if name not in known:
            raise UnknownNameError("recorded metric", name, known)


def sorted_rows(rows: Sequence[LeaderboardRow], name: str) -> list[LeaderboardRow]:
    """The rows of each task by the mean of a metric, best first; rows without it last, in their order.

    Of a metric without a better direction, the largest is first.
    """
    sign = 1.0 if metric(name).better == "lower" else -1.0

    def place(row: LeaderboardRow) -> float:
        value = row.metrics.get(name) or (row.score if name == row.score_name else None)
        return math.inf if value is None else sign * value.mean

    return [row for _, group in by_task(rows) for row in sorted(group, key=place)]
