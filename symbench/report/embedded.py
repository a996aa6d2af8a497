"""The data of the page's script: rows of every training size, and the curves that it draws.

They are compressed JSON, since a page of 100 methods, 20 tasks and 10 sizes has 20,000 rows. The rows of the largest
size are in the page's tables already, so that the page can be read and printed without the script.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from typing import Any

from symbench.leaderboard import LeaderboardRow
from symbench.leaderboard.scores import shown_metrics
from symbench.leaderboard.table import Table
from symbench.metrics.catalog import metric
from symbench.report.study import Study
from symbench.report.style import Palette


def embedded(tasks: Sequence[dict[str, Any]]) -> str:
    """Base64 of the compressed JSON of all tasks; the same tasks give the same text."""
    text = json.dumps({"tasks": list(tasks)}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def task_data(study: Study, task: str, anchor: str, table: Table, palette: Palette) -> dict[str, Any]:
    """A task: its methods with their looks, the table's rows of smaller sizes, and a curve for each metric."""
    rows = study.rows_of(task)
    methods = study.methods(task)
    number = {method: i for i, method in enumerate(methods)}
    largest = study.largest(task)
    others = [
        [number[row.method], row.train_size, row.bound, [*line.cells], _short(line.interval)]
        for row, line in zip(rows, table.lines, strict=True)
        if row.train_size != largest
    ]
    return {
        "anchor": anchor,
        "label": task,
        "methods": [[m, palette.colour(m), palette.marker(m), palette.line(m)] for m in methods],
        "largest": largest,
        "rows": others,
        "curves": [_curve(rows, number, name) for name in (rows[0].score_name, *shown_metrics(rows))],
    }


def _curve(rows: Sequence[LeaderboardRow], number: dict[str, int], name: str) -> dict[str, Any]:
    """Points of one metric as [method, N, mean, low, high, seeds], with the digits that tables print."""
    column = metric(name)
    points = []
    for row in rows:
        value = row.metrics.get(name)
        if value is not None:
            ends = (None if end is None else _rounded(end) for end in (value.mean, value.low, value.high))
            points.append([number[row.method], row.train_size, *ends, value.n])
    means = [row.metrics[name].mean for row in rows if name in row.metrics and row.metrics[name].mean > 0]
    wide = column.style == "significant" and len(means) > 1 and max(means) > 20 * min(means)
    head = {"name": name, "title": column.heading, "better": column.better}
    return {**head, "log": wide, "points": points}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _short(interval: tuple[float, float, float] | None) -> list[float] | None:
    return None if interval is None else [round(value, 3) for value in interval]
