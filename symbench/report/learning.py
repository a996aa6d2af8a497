"""Learning curves: score against training size with intervals over seeds, and the data that a method saves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from symbench.component import Track
from symbench.leaderboard import LeaderboardRow
from symbench.leaderboard.efficiency import EfficiencyRow
from symbench.metrics.catalog import metric
from symbench.report.picture import Picture, picture
from symbench.report.study import Study
from symbench.report.style import (
    COLOURS,
    GREY,
    Palette,
    interval_points,
    interval_record,
    legend_below,
    log_axis,
    of_method,
    panels,
    size_axis,
)

MOST_CURVES = 16
"""Methods of a figure; with twice as many as there are colours, markers and lines still tell them apart."""

_STEP = 1.04  # factor in N between neighbouring methods of one size, which are drawn side by side
_PANELS = {
    Track.FUNCTION: (("f1", False), ("angle_max_deg", True), ("count", False), ("defect_max", True)),
    Track.DISTRIBUTION: (("f1", False), ("angle_max_deg", True), ("count", False), ("defect_max", True)),
    Track.DYNAMICS: (("f1", False), ("count", False), ("drift_max", True)),
    Track.INVARIANT: (("f1", False), ("form_cosine", False), ("count", False), ("spread_max", True)),
    Track.REGRESSION: (("relative_mse", True), ("mse", True)),
    Track.CLASSIFICATION: (("auc", False), ("rejection_30", True), ("log_loss", True)),
}


def learning_curves(study: Study, track: Track, task: str, palette: Palette, name: str) -> Picture | None:
    """The track's score and a second metric against N; None with values at fewer than two sizes."""
    rows = study.rows_of(task)
    sizes = sorted({row.train_size for row in rows if row.metrics})
    shown = [(m, log) for m, log in _PANELS[track] if any(m in row.metrics for row in rows)][:2]
    if len(sizes) < 2 or not shown:
        return None
    figure, axes = panels(len(shown), columns=2, height=3.1)
    methods = study.drawn(task, MOST_CURVES)
    for axis, (metric_name, log) in zip(axes, shown, strict=True):
        _curve(axis, study, task, methods, metric_name, palette, log=log)
        size_axis(axis, sizes)
    legend_below(figure, axes[0])
    return picture(
        figure,
        name,
        f"Learning curves: {task}",
        "Mean over seeds with its 95 % interval; points of one size are shifted slightly to avoid overlap. An entry "
        "without a point has no value, for instance if the method abstains. On a logarithmic scale, reference rows at "
        "the level of rounding errors are not drawn." + study.left_out(task, MOST_CURVES),
        (
            {"panel": name, "method": row.method, "N": row.train_size, **interval_record(row.metrics[name])}
            for name, _ in shown
            for row in rows
            if row.method in methods and name in row.metrics
        ),
    )


def _curve(
    axis: Any, study: Study, task: str, methods: Sequence[str], name: str, palette: Palette, *, log: bool
) -> None:
    column = metric(name)
    rows = [row for row in study.rows_of(task) if name in row.metrics]
    smallest = min(
        (row.metrics[name].mean for row in rows if not row.bound and row.metrics[name].mean > 0), default=0.0
    )
    for i, method in enumerate(methods):
        points = sorted(
            (row.train_size, row.metrics[name])
            for row in rows
            if row.method == method and not (log and _off_scale(row, name, smallest))
        )
        if not points:
            axis.plot([], [], color=palette.colour(method), marker=palette.marker(method), label=method)
            continue
        x = [n * 1.02 ** (i - (len(methods) - 1) / 2) for n, _ in points]
        values = [e for _, e in points]
        floor = min(e.mean for e in values) * 1e-3 if log else -math.inf
        interval_points(axis, x, values, palette, method, floor=floor)
    if log:
        log_axis(axis, "y")
    elif name == "f1":
        axis.set_ylim(-0.04, 1.04)
    axis.set_ylabel(column.heading)
    axis.set_title(f"{column.title} ({column.better} is better)" if column.better else column.title)
    axis.grid(axis="y")


def _off_scale(row: LeaderboardRow, name: str, smallest: float) -> bool:
    """Whether a mean is zero, or of a reference row far below all competing ones, which would compress the axis."""
    mean = row.metrics[name].mean
    return mean <= 0 or (row.bound and mean < 1e-2 * smallest)


def efficiency_picture(rows: Sequence[EfficiencyRow], palette: Palette, name: str) -> Picture | None:
    """The ratio of equivalent to own training events with its interval; an open triangle for a censored value."""
    if not rows:
        return None
    sizes = sorted({row.train_size for row in rows})
    methods = list(dict.fromkeys(row.method for row in rows))
    many = len(methods) > len(COLOURS)
    figure, (axis,) = panels(1, height=4.2 if many else 2.9, width=8.6 if many else 6.0)
    for i, method in enumerate(methods):
        colour = palette.colour(method)
        for row in (r for r in rows if r.method == method):
            x = row.train_size * _STEP ** (i - (len(methods) - 1) / 2)
            low, high = row.ratio_low or row.ratio, row.ratio_high or row.ratio
            marks = axis.plot([x, x], [low.value, high.value], color=colour, linewidth=1.2)
            if row.ratio.relation == "=":
                marks += axis.plot(x, row.ratio.value, color=colour, marker=palette.marker(method), markersize=6)
            if high.relation == ">":
                marks += axis.plot(x, high.value, color=colour, marker="^", markersize=7, markerfacecolor="none")
            if low.relation == "<":
                marks += axis.plot(x, low.value, color=colour, marker="v", markersize=7, markerfacecolor="none")
            of_method(method, *marks)
        axis.plot([], [], color=colour, marker=palette.marker(method), label=method)
    censored = any(b.relation != "=" for r in rows for b in (r.ratio, r.ratio_low, r.ratio_high) if b is not None)
    if censored:
        axis.plot(
            [], [], color=GREY, marker="^", markerfacecolor="none", linestyle="", label="beyond the baseline's sizes"
        )
    axis.axhline(1.0, color=GREY, linewidth=1.0, linestyle="--")
    log_axis(axis, "y")
    axis.set_ylabel(f"data efficiency against {rows[0].baseline}")
    axis.grid(axis="y")
    size_axis(axis, sizes)
    edge = max(1.25, 1.1 * _STEP ** (len(methods) / 2))
    axis.set_xlim(sizes[0] / edge, sizes[-1] * edge)
    legend_below(figure, axis)
    return picture(
        figure,
        name,
        f"Data efficiency: {rows[0].task}",
        f"The number of events that {rows[0].baseline} needs for the same {rows[0].score_name}, divided by the "
        "method's own, with 95 % intervals. Open triangles mark limits: the value lies beyond the end of the "
        "baseline's curve.",
        (
            {
                "method": row.method,
                "N": row.train_size,
                "ratio": str(row.ratio),
                "low": None if row.ratio_low is None else str(row.ratio_low),
                "high": None if row.ratio_high is None else str(row.ratio_high),
            }
            for row in rows
        ),
    )
