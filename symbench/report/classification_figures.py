"""Pictures of classification: background rejection, and how far outputs move under a symmetry."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.metrics.catalog import OPERATIONS, PRECISIONS
from symbench.report.study import Study
from symbench.report.style import GREY, Palette, Picture, legend_below, log_axis, panels, picture

FloatArray = npt.NDArray[np.float64]

FEWEST_PASSING = 10

_FILL = {"float32": "full", "float64": "none", "fixed_beams": "left"}
_EPSILON = {"float32": 2.0**-23, "float64": 2.0**-52}


def background_rejection(
    scores: npt.ArrayLike, labels: npt.ArrayLike, efficiencies: FloatArray
) -> tuple[FloatArray, int]:
    """1/ε_B at each signal efficiency, NaN where no background passes; and the number of background events.

    The cut at efficiency ε is the ⌈ε n₊⌉-th highest signal score; events at the cut pass.
    """
    s, y = np.asarray(scores, dtype=np.float64), np.asarray(labels)
    signal, background = np.sort(s[y == 1])[::-1], np.sort(s[y != 1])
    if len(signal) == 0 or len(background) == 0:
        return np.full(len(efficiencies), np.nan), len(background)
    cuts = signal[np.clip(np.ceil(efficiencies * len(signal)).astype(int) - 1, 0, len(signal) - 1)]
    passing = len(background) - np.searchsorted(background, cuts, side="left")
    with np.errstate(divide="ignore"):
        return np.where(passing > 0, len(background) / np.maximum(passing, 1), np.nan), len(background)


def rejection_curves(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    """1/ε_B against ε_S at the largest size: median over seeds, band from lowest to highest."""
    size = study.largest(task)
    efficiencies = np.linspace(0.02, 1.0, 197)
    figure, (axis,) = panels(1, width=6.0, height=3.6)
    most = 0
    for method in study.methods(task):
        curves = []
        for trial in study.ok(task, method, size):
            scores, labels = trial.array("test_scores"), trial.array("test_labels")
            if scores is not None and labels is not None:
                curve, background = background_rejection(scores, labels, efficiencies)
                curves.append(curve)
                most = max(most, background)
        if curves:
            _band(axis, efficiencies, np.stack(curves), most / FEWEST_PASSING, palette, method)
    if most == 0:
        return None
    x = np.linspace(0.05, 1, 50)
    axis.plot(x, 1 / x, color=GREY, linestyle=":", linewidth=1.0, label="guessing")
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
        "Median over seeds, band from the lowest to the highest seed; curves end where fewer than "
        f"{FEWEST_PASSING} test background events pass in the median: beyond, they would count single events.",
    )


def _band(axis: Any, x: FloatArray, curves: FloatArray, most: float, palette: Palette, method: str) -> None:
    # NaN compares as False: a seed without passing background ends the curve for all
    usable = np.asarray(np.median(curves, axis=0) <= most)
    shown = curves[:, usable]
    axis.plot(x[usable], np.median(shown, axis=0), color=palette.colour(method), label=method)
    axis.fill_between(
        x[usable], shown.min(axis=0), shown.max(axis=0), color=palette.colour(method), alpha=0.18, linewidth=0
    )


def invariance(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    """Invariance error of each operation, method and precision at the largest size, on a logarithmic axis."""
    rows = study.rows_of(task, study.largest(task))
    operations = [op for op in OPERATIONS if any(f"invariance_{op}_{p}" in r.metrics for r in rows for p in PRECISIONS)]
    if not operations:
        return None
    methods = [m for m in study.methods(task) if any(r.method == m for r in rows)]
    height = 0.9 + 0.24 * len(operations) * (len(methods) + 1)
    figure, (axis,) = panels(1, width=8.0, height=max(2.6, height))
    smallest, largest = np.inf, 0.0
    for i, operation in enumerate(operations):
        for j, method in enumerate(methods):
            row = next(r for r in rows if r.method == method)
            y = i + (j + 1) / (len(methods) + 1) - 0.5
            for precision in PRECISIONS:
                value = row.metrics.get(f"invariance_{operation}_{precision}")
                if value is None or value.mean <= 0:
                    continue
                smallest, largest = min(smallest, value.mean), max(largest, value.mean)
                low, high = value.low or value.mean, value.high or value.mean
                axis.plot([max(low, value.mean / 30), high], [y, y], color=palette.colour(method), linewidth=1.2)
                axis.plot(
                    value.mean,
                    y,
                    color=palette.colour(method),
                    marker=palette.marker(method),
                    markersize=6.5,
                    fillstyle=_FILL[precision],
                    markerfacecoloralt="none",
                )
        if i:
            axis.axhline(i - 0.5, color=GREY, linewidth=0.4)
    if not np.isfinite(smallest):
        return None
    for precision, epsilon in _EPSILON.items():
        if smallest / 30 < epsilon < largest:
            axis.axvline(epsilon, color=GREY, linestyle=":", linewidth=1.0)
            axis.annotate(
                f"rounding unit, {precision}",
                (epsilon, -0.52),
                fontsize=7.5,
                ha="center",
                va="bottom",
                annotation_clip=False,
            )
    _invariance_legend(figure, axis, methods, palette)
    axis.set_xscale("log")
    axis.set_xlim(smallest / 5, max(largest * 5, 3.0))
    log_axis(axis, "x")
    axis.set_ylim(len(operations) - 0.5, -0.5)
    axis.set_yticks(range(len(operations)), [OPERATIONS[op] for op in operations])
    axis.tick_params(axis="y", length=0)
    axis.set_xlabel("invariance error: RMS change of the logit over its spread")
    axis.grid(axis="x")
    return picture(
        figure,
        name,
        f"Invariance error: {task}, N = {study.largest(task):,}",
        "Mean over seeds with its 95 % interval. Filled: float32; open: float64; half filled: float64 with the "
        "network's beam particles left where they are while the event moves.",
    )


def _invariance_legend(figure: Any, axis: Any, methods: list[str], palette: Palette) -> None:
    for method in methods:
        axis.plot([], [], color=palette.colour(method), marker=palette.marker(method), linestyle="", label=method)
    for precision, words in PRECISIONS.items():
        fill = _FILL[precision]
        axis.plot([], [], color=GREY, marker="o", linestyle="", fillstyle=fill, markerfacecoloralt="none", label=words)
    legend_below(figure, axis, columns=len(methods) + len(PRECISIONS))
