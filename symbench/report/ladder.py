"""The ladder of symmetries: score and data efficiency against the group under which each network is invariant.

The group is a property of every classifier (`Classifier.keeps`), so that any suite with networks of three or more
groups has this figure, and no entry is named here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symbench import registry
from symbench.classifiers.base import KEPT
from symbench.component import Track
from symbench.errors import UnknownNameError
from symbench.leaderboard.efficiency import EfficiencyRow
from symbench.metrics.catalog import SCORE, metric
from symbench.report.picture import Picture, picture
from symbench.report.study import Study
from symbench.report.style import GREY, Palette, interval_record, legend_below, log_axis, of_method, panels

_LEAST_GROUPS = 3
_SPREAD = 0.6  # width, in units between neighbouring groups, over which the methods of one group are spread


def kept_groups(study: Study, task: str) -> dict[str, str]:
    """Method label → the group that its network keeps, in rising order; methods without a known group are omitted.

    A classifier of a plug-in that is not installed, or whose parameters are of another version, is unknown.
    """
    registry.load_builtin()
    found: dict[str, str] = {}
    size = study.largest(task)
    for method in study.methods(task):
        trials = study.ok(task, method, size)
        if not trials:
            continue
        spec = trials[0].spec.method
        try:
            group = registry.find_classifier(spec.name)(**spec.parameters).keeps()
        except (UnknownNameError, ValueError):  # pydantic's error is a ValueError
            continue
        if group is not None and group in KEPT:
            found[method] = group
    order = list(KEPT)
    return dict(sorted(found.items(), key=lambda item: order.index(item[1])))


def ladder(study: Study, task: str, efficiency: Sequence[EfficiencyRow], palette: Palette, name: str) -> Picture | None:
    """The score at the smallest and the largest size, and data efficiency at the smallest; None for too few groups.

    efficiency   rows of this task; without any, the figure has no panel for it
    """
    groups = kept_groups(study, task)
    rungs = [group for group in KEPT if group in groups.values()]
    rows = [row for row in study.rows_of(task) if row.score is not None and row.method in groups]
    sizes = sorted({row.train_size for row in rows})
    if len(rungs) < _LEAST_GROUPS or not sizes:
        return None
    shown = sorted({sizes[0], sizes[-1]})
    smallest = [row for row in efficiency if row.train_size == sizes[0] and row.method in groups]
    figure, axes = panels(len(shown) + bool(smallest), columns=3, width=11.0, height=3.4)
    places = _places(groups, rungs)
    score = metric(SCORE[Track.CLASSIFICATION])
    for axis, size in zip(axes, shown, strict=False):
        for row in rows:
            if row.train_size == size and row.score is not None:
                _mark(axis, places[row.method], row.score.mean, row.score.low, row.score.high, palette, row.method)
        axis.set_ylabel(score.title)
        axis.set_title(f"N = {size:,}")
    if smallest:
        _efficiencies(axes[len(shown)], smallest, places, palette)
    for axis in axes:
        axis.set_xticks(range(len(rungs)), [KEPT[group][0] for group in rungs], rotation=30, ha="right")
        axis.set_xlim(-0.5, len(rungs) - 0.5)
        axis.grid(axis="y")
    legend_below(figure, axes[0])
    return picture(
        figure,
        name,
        f"Score against the symmetry kept: {task}",
        "Networks by the group under which their output is exactly invariant when their reference vectors, such as "
        "beams, are transformed with the event; a symmetry that is learnt, by augmentation or a penalty, does not "
        "count. Means over seeds with 95 % intervals. Right: the events that the baseline needs for the same score, "
        "over the method's own; open triangles are limits.",
        (
            {"panel": "score", "method": row.method, "group": groups[row.method], "N": row.train_size}
            | interval_record(row.score)
            for row in rows
            if row.train_size in shown and row.score is not None
        ),
    )


def _places(groups: dict[str, str], rungs: Sequence[str]) -> dict[str, float]:
    """The position of each method: methods of one group side by side."""
    places = {}
    for x, group in enumerate(rungs):
        members = [method for method, kept in groups.items() if kept == group]
        for i, method in enumerate(members):
            places[method] = x + (_SPREAD * (i / (len(members) - 1) - 0.5) if len(members) > 1 else 0.0)
    return places


def _mark(
    axis: Any, x: float, mean: float, low: float | None, high: float | None, palette: Palette, method: str
) -> None:
    below, above = (0.0 if end is None else abs(mean - end) for end in (low, high))
    drawn = axis.errorbar(
        [x],
        [mean],
        yerr=[[below], [above]],
        color=palette.colour(method),
        marker=palette.marker(method),
        linestyle="",
        capsize=2.5,
        elinewidth=1.0,
        label=method,
    )
    of_method(method, *drawn.get_children())


def _efficiencies(axis: Any, rows: Sequence[EfficiencyRow], places: dict[str, float], palette: Palette) -> None:
    for row in rows:
        x, colour = places[row.method], palette.colour(row.method)
        low, high = row.ratio_low or row.ratio, row.ratio_high or row.ratio
        marks = axis.plot([x, x], [low.value, high.value], color=colour, linewidth=1.2)
        for bound in dict.fromkeys((row.ratio, low, high)):
            limit = {">": "^", "<": "v"}.get(bound.relation)
            if limit is not None:
                marks += axis.plot(x, bound.value, color=colour, marker=limit, markersize=7, markerfacecolor="none")
        if row.ratio.relation == "=":
            marks += axis.plot(x, row.ratio.value, color=colour, marker=palette.marker(row.method), markersize=6)
        of_method(row.method, *marks)
    axis.axhline(1.0, color=GREY, linewidth=1.0, linestyle="--")
    log_axis(axis, "y")
    axis.set_ylabel(f"data efficiency against {rows[0].baseline}")
    axis.set_title(f"N = {rows[0].train_size:,}")
