"""Figures of classification: background rejection, invariance error, AUC under boosts, and cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench import registry
from symbench.component import Track
from symbench.data.weights import effective_number
from symbench.leaderboard import LeaderboardRow
from symbench.metrics.catalog import SCORE, metric
from symbench.metrics.classification.rejection import passing_background, weighted_rejection
from symbench.metrics.invariance.invariance import PRECISIONS
from symbench.metrics.operations.base import Operation
from symbench.report.invariance import strengths
from symbench.report.learning import MOST_CURVES
from symbench.report.picture import Picture, picture
from symbench.report.study import Study
from symbench.report.style import (
    GREY,
    Palette,
    interval_points,
    interval_record,
    legend_below,
    log_axis,
    of_method,
    panels,
)
from symbench.stats.intervals import Estimate

FloatArray = npt.NDArray[np.float64]

FEWEST_PASSING = 10

_FILL = {"float32": "full", "float64": "none", "fixed_beams": "left"}
_EPSILON = {"float32": 2.0**-23, "float64": 2.0**-52}


def rejection_curve(
    scores: npt.NDArray[Any], labels: npt.NDArray[Any], efficiencies: FloatArray, weights: FloatArray | None = None
) -> tuple[FloatArray, int] | None:
    """1/ε_B at each signal efficiency, and the number of background events; None if a class is missing.

    1/ε_B is NaN at efficiencies at which no background event passes. With weights, the number is the effective one.
    """
    if weights is not None:
        found = [weighted_rejection(scores, labels, efficiency, weights) for efficiency in efficiencies.tolist()]
        if any(each is None for each in found):
            return None
        values = [np.nan if each is None or each.is_bound else each.value for each in found]
        return np.array(values), round(effective_number(weights[labels == 0]))
    counts = passing_background(scores, labels, efficiencies.tolist())
    if counts is None:
        return None
    passing, background = counts
    return np.array([background / n if n else np.nan for n in passing]), background


def rejection_curves(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    """1/ε_B against ε_S at the largest size: mean over seeds, band from lowest to highest."""
    size = study.largest(task)
    efficiencies = np.linspace(0.02, 1.0, 197)
    figure, (axis,) = panels(1, width=6.0, height=3.6)
    most = 0
    records: list[dict[str, object]] = []
    for method in study.drawn(task, MOST_CURVES):
        curves = []
        for trial in study.ok(task, method, size):
            whole = trial.whole()
            scores, labels = whole.array("test_scores"), whole.array("test_labels")
            if scores is None or labels is None:
                continue
            curve = rejection_curve(scores, labels, efficiencies, whole.array("test_weights"))
            if curve is not None:
                curves.append(curve[0])
                most = max(most, curve[1])
        if curves:
            records += _band(axis, efficiencies, np.stack(curves), most / FEWEST_PASSING, palette, method)
    if most == 0:
        return None
    x = np.linspace(0.05, 1, 50)
    axis.plot(x, 1 / x, color=GREY, linestyle=":", linewidth=1.0, label="random guessing")
    axis.set_ylim(1.0, 2.0 * most / FEWEST_PASSING)
    log_axis(axis, "y")
    axis.set_xlim(0, 1)
    axis.set_xlabel("signal efficiency ε_S")
    axis.set_ylabel("background rejection 1/ε_B")
    axis.grid()
    legend_below(figure, axis)
    return picture(
        figure,
        name,
        f"Background rejection: {task}, N = {size:,}",
        "Mean over seeds; the band extends from the lowest to the highest seed. A curve ends when fewer than "
        f"{FEWEST_PASSING} test background events pass.{study.left_out(task, MOST_CURVES)}",
        records,
    )


def _band(
    axis: Any, x: FloatArray, curves: FloatArray, most: float, palette: Palette, method: str
) -> list[dict[str, object]]:
    """Draw the mean over seeds with the range of the seeds; gives the records of what is drawn."""
    # NaN compares as False: a seed without passing background ends the curve for all
    usable = np.asarray(curves.mean(axis=0) <= most)
    reliable, at = curves[:, usable], x[usable]
    mean, low, high = reliable.mean(axis=0), reliable.min(axis=0), reliable.max(axis=0)
    colour = palette.colour(method)
    line = axis.plot(at, mean, label=method, color=colour, linestyle=palette.line(method))
    of_method(method, *line, axis.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0))
    columns = (at.tolist(), mean.tolist(), low.tolist(), high.tolist())
    return [
        {"method": method, "efficiency": e, "rejection": m, "lowest": a, "highest": b}
        for e, m, a, b in zip(*columns, strict=True)
    ]


def invariance(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    """Invariance error of each operation, method and precision at the largest size, on a logarithmic axis."""
    rows = study.rows_of(task, study.largest(task))
    measured = {name for row in rows for name in row.metrics}
    operations = [
        op for op in registry.operations() if any(f"invariance_{op.name}_{p}" in measured for p in PRECISIONS)
    ]
    methods = [m for m in study.drawn(task, MOST_CURVES) if any(r.method == m for r in rows)]
    errors = _invariance_errors(rows, operations, methods)
    if not errors:
        return None
    height = 0.9 + (0.24 if len(methods) < 7 else 0.13) * len(operations) * (len(methods) + 1)
    figure, (axis,) = panels(1, width=8.0, height=max(2.6, height))
    for y, method, precision, value in errors:
        of_method(
            method, *_draw_error(axis, y, value, palette.colour(method), palette.marker(method), _FILL[precision])
        )
    for i in range(1, len(operations)):
        axis.axhline(i - 0.5, color=GREY, linewidth=0.4)
    means = [value.mean for *_, value in errors]
    _draw_rounding_units(axis, min(means), max(means))
    _invariance_legend(figure, axis, methods, palette)
    axis.set_xscale("log")
    axis.set_xlim(min(means) / 5, max(max(means) * 5, 3.0))
    log_axis(axis, "x")
    axis.set_ylim(len(operations) - 0.5, -0.5)
    axis.set_yticks(range(len(operations)), [op.title for op in operations])
    axis.tick_params(axis="y", length=0)
    axis.set_xlabel("invariance error: RMS change of the logit over its spread")
    axis.grid(axis="x")
    return picture(
        figure,
        name,
        f"Invariance error: {task}, N = {study.largest(task):,}",
        "Mean over seeds with its 95 % interval; root mean square over the strengths if an operation has several. "
        "Filled: float32; open: float64; half filled: float64, with the network's beam particles fixed while the event "
        "is transformed. A change of exactly zero is not drawn on the logarithmic scale."
        + study.left_out(task, MOST_CURVES),
        (
            {"operation": operations[round(y)].name, "method": method, "precision": precision, **interval_record(value)}
            for y, method, precision, value in errors
        ),
    )


def _invariance_errors(
    rows: Sequence[LeaderboardRow], operations: Sequence[Operation], methods: Sequence[str]
) -> list[tuple[float, str, str, Estimate]]:
    """(height on the axis, method, precision, error) of every error above zero, operation by operation."""
    by_method = {row.method: row for row in rows}
    return [
        (i + (j + 1) / (len(methods) + 1) - 0.5, method, precision, value)
        for i, operation in enumerate(operations)
        for j, method in enumerate(methods)
        for precision in PRECISIONS
        if (value := by_method[method].metrics.get(f"invariance_{operation.name}_{precision}")) and value.mean > 0
    ]


def _draw_error(axis: Any, y: float, value: Estimate, colour: str, marker: str, fill: str) -> list[Any]:
    """A mean with its interval; an interval that reaches zero ends within the logarithmic axis."""
    low = value.mean if value.low is None else value.low
    high = value.mean if value.high is None else value.high
    look = {"marker": marker, "markersize": 6.5, "fillstyle": fill, "markerfacecoloralt": "none"}
    interval = axis.plot([max(low, value.mean / 30), high], [y, y], color=colour, linewidth=1.2)
    return [*interval, *axis.plot(value.mean, y, color=colour, **look)]


def _draw_rounding_units(axis: Any, smallest: float, largest: float) -> None:
    """A dotted line at the rounding unit of each precision that lies among the errors."""
    for precision, epsilon in _EPSILON.items():
        if smallest / 30 < epsilon < largest:
            axis.axvline(epsilon, color=GREY, linestyle=":", linewidth=1.0)
            text, place = f"rounding unit, {precision}", (epsilon, -0.52)
            axis.annotate(text, place, fontsize=7.5, ha="center", va="bottom", annotation_clip=False)


def _invariance_legend(figure: Any, axis: Any, methods: list[str], palette: Palette) -> None:
    for method in methods:
        axis.plot([], [], color=palette.colour(method), marker=palette.marker(method), linestyle="", label=method)
    for precision, words in PRECISIONS.items():
        fill = _FILL[precision]
        axis.plot([], [], color=GREY, marker="o", linestyle="", fillstyle=fill, markerfacecoloralt="none", label=words)
    legend_below(figure, axis, columns=6)


def boost_curves(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    """AUC against the rapidity of a boost, in an isotropic direction and along the beam, at the largest size."""
    rows = study.rows_of(task, study.largest(task))
    boosts = [op for op in registry.operations() if op.kind == "lorentz" and op.grid is not None]
    shown = [(op, rapidities) for op in boosts if (rapidities := strengths(rows, op.name))]
    if not shown:
        return None
    figure, axes = panels(len(shown), columns=2, height=3.1, width=8.6 if len(shown) > 1 else 5.2)
    records: list[dict[str, object]] = []
    for axis, (operation, rapidities) in zip(axes, shown, strict=True):
        for method in study.drawn(task, MOST_CURVES):
            row = next((r for r in rows if r.method == method), None)
            points = [(0.0, "auc_unmoved"), *((y, f"auc_{operation.name}_{y:g}") for y in rapidities)]
            known = [(y, row.metrics[m]) for y, m in points if row is not None and m in row.metrics]
            if known:
                interval_points(axis, [y for y, _ in known], [e for _, e in known], palette, method)
                at = {"operation": operation.name, "method": method}
                records += [{**at, "rapidity": y, **interval_record(value)} for y, value in known]
        axis.axhline(0.5, color=GREY, linestyle=":", linewidth=1.0)
        axis.set_xlabel("rapidity of the boost")
        axis.set_ylabel("AUC")
        axis.set_title(operation.title)
        axis.grid(axis="y")
    legend_below(figure, axes[0])
    return picture(
        figure,
        name,
        f"AUC against boost: {task}, N = {study.largest(task):,}",
        "The test events and the network's beam particles are boosted by this rapidity; all points use the same "
        "events. Mean over seeds with its 95 % interval; dotted: random guessing." + study.left_out(task, MOST_CURVES),
        records,
    )


def cost_pictures(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    """The quality against the cost of one forward pass, and the accuracy against the training time at every size."""
    rows = study.rows_of(task)
    quality = _quality(rows)
    over_time = quality if quality == SCORE[Track.REGRESSION] else "accuracy"
    shown = [
        (cost, quality)
        for cost, quality in (("forward_mflop", quality), ("fit_seconds", over_time))
        if any(cost in row.metrics and quality in row.metrics for row in rows)
    ]
    if not shown:
        return None
    figure, axes = panels(len(shown), columns=2, height=3.1, width=8.6 if len(shown) > 1 else 5.2)
    largest = study.largest(task)
    records: list[dict[str, object]] = []
    for axis, (cost, quality) in zip(axes, shown, strict=True):
        axis.set_xscale("log")
        for method in study.drawn(task, MOST_CURVES):
            measured = [r for r in rows if r.method == method and cost in r.metrics and quality in r.metrics]
            if cost == "forward_mflop":  # the same at every size
                measured = [r for r in measured if r.train_size == largest]
            measured.sort(key=lambda r: r.train_size)
            if measured:
                x = [r.metrics[cost].mean for r in measured]
                interval_points(axis, x, [r.metrics[quality] for r in measured], palette, method)
                records += [
                    {
                        "method": method,
                        "N": r.train_size,
                        "cost": cost,
                        "at": r.metrics[cost].mean,
                        "metric": quality,
                        **interval_record(r.metrics[quality]),
                    }
                    for r in measured
                ]
        _room(axis)
        log_axis(axis, "x")
        axis.set_xlabel("forward pass of one event [MFLOP]" if cost == "forward_mflop" else "training time [s]")
        axis.set_ylabel(metric(quality).title)
        axis.set_title(f"N = {largest:,}" if cost == "forward_mflop" else "every training size")
        axis.grid()
    legend_below(figure, axes[0])
    return picture(
        figure,
        name,
        f"Accuracy and cost: {task}",
        "Mean over seeds with its 95 % interval. MFLOP counts matrix products, with two operations for a multiply-add; "
        "training times depend on the machine and the number of threads (see Environment)."
        + study.left_out(task, MOST_CURVES),
        records,
    )


def _quality(rows: Sequence[LeaderboardRow]) -> str:
    """The metric plotted against MFLOP: the rejection, of more than two classes the balanced accuracy, or the score."""
    if rows and rows[0].track is Track.REGRESSION:
        return SCORE[Track.REGRESSION]
    several = any("balanced_accuracy" in row.metrics for row in rows)
    return "balanced_accuracy" if several else "rejection_30"


def _room(axis: Any) -> None:
    """Widen a logarithmic axis by half on both sides, and to a decade at least, so that it has several ticks."""
    low, high = axis.get_xlim()
    middle, wide = np.sqrt(low * high), max(high / low, 10.0)
    axis.set_xlim(middle / np.sqrt(wide) / 1.5, middle * np.sqrt(wide) * 1.5)
