"""The figure of the opening: the score of the task that most methods were tried on, with its intervals."""

from __future__ import annotations

from symbench.metrics.catalog import SCORE, metric
from symbench.report.figures import palette_of
from symbench.report.learning import MOST_CURVES
from symbench.report.picture import Picture, picture
from symbench.report.study import Study
from symbench.report.style import interval_points, interval_record, legend_below, of_method, panels, size_axis

NAME = "headline"


def headline_task(study: Study) -> str | None:
    """The task with the most sizes and competing methods that have a score; controls only if there is nothing else."""

    def preference(task: str) -> tuple[bool, int, int]:
        rows = [row for row in study.rows_of(task) if row.score is not None and not row.bound]
        several = len({row.train_size for row in rows}) > 1
        return study.truth_name(task) != "none", len({row.method for row in rows}) * (2 if several else 1), len(rows)

    scored = list(dict.fromkeys(row.task for row in study.rows if row.score is not None and not row.bound))
    return max(scored, key=preference, default=None)


def headline(study: Study) -> Picture | None:
    """The score against training events, or method by method if there is one size; None if no method has a score."""
    task = headline_task(study)
    if task is None:
        return None
    track = study.track(task)
    palette, column = palette_of(study, track), metric(SCORE[track])
    methods = study.drawn(task, MOST_CURVES)
    rows = [row for row in study.rows_of(task) if row.score is not None and row.method in methods]
    sizes = sorted({row.train_size for row in rows})
    figure, (axis,) = panels(1, width=7.4, height=3.2 if len(sizes) > 1 else 0.9 + 0.24 * len(methods))
    for i, method in enumerate(methods):
        of = sorted((row.train_size, row.score) for row in rows if row.method == method and row.score is not None)
        if not of:
            continue
        if len(sizes) > 1:
            x = [n * 1.02 ** (i - (len(methods) - 1) / 2) for n, _ in of]
            interval_points(axis, x, [value for _, value in of], palette, method)
        else:
            value = of[0][1]
            ends = [end for end in (value.low, value.high) if end is not None]
            marks = axis.plot(ends, [i] * len(ends), color=palette.colour(method))
            of_method(method, *marks, *axis.plot(value.mean, i, palette.marker(method), color=palette.colour(method)))
    if len(sizes) > 1:
        size_axis(axis, sizes)
        axis.set_ylabel(column.heading)
        axis.grid(axis="y")
        legend_below(figure, axis)
    else:
        axis.set_yticks(range(len(methods)), methods)
        axis.set_ylim(len(methods) - 0.5, -0.5)
        axis.set_xlabel(f"{column.heading} at N = {sizes[0]:,}")
        axis.grid(axis="x")
    better = f", {column.better} is better" if column.better else ""
    return picture(
        figure,
        NAME,
        f"{column.title} on {task}",
        f"Mean over seeds with its 95 % interval{better}.{study.left_out(task, MOST_CURVES)}",
        ({"method": row.method, "N": row.train_size, **interval_record(row.metrics[column.name])} for row in rows),
    )
