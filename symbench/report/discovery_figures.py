"""Figures of discovery: spectra with the chosen cut, and the generators as matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.component import Track
from symbench.report.picture import Picture, picture
from symbench.report.readable import ReadableBasis, readable_basis
from symbench.report.study import Study
from symbench.report.style import GREY, Palette, legend_below, log_axis, of_method, panels
from symbench.trial.result import TrialResult

_COLUMNS = 10  # generators of a row of heat maps
_WIDTH, _LEFT, _RIGHT, _GAP, _LINE, _FOOT = 8.6, 1.3, 0.75, 0.1, 0.15, 0.24  # inches
_METHODS = 8  # of a figure with a panel or a line for each
_NAMED, _NAMES = 6, 0.3  # the largest dimension whose components are named, and the room for the names in inches
_FLOOR = 1e-12  # of a logarithmic axis


def spectra(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    """Singular values or defects of every seed at the largest size, with the cut; accepted directions are filled."""
    size = study.largest(task)
    trials = {m: [t for t in study.ok(task, m, size) if _spectrum_of(t) is not None] for m in _ranked(study, task)}
    by_method = dict([(method, found) for method, found in trials.items() if found][:_METHODS])
    if not by_method:
        return None
    figure, axes = panels(len(by_method), columns=2, height=2.9, width=8.6 if len(by_method) > 1 else 5.2)
    for axis, (method, with_spectrum) in zip(axes, by_method.items(), strict=True):
        _spectrum(axis, method, with_spectrum, palette)
    axes[0].plot([], [], "o", color=GREY, markersize=4, label="claimed")
    axes[0].plot([], [], "o", color=GREY, markersize=4, markerfacecolor="none", label="rejected")
    axes[0].plot([], [], "_", color=GREY, markersize=6, label="upper confidence bound")
    axes[0].plot([], [], "-", color=GREY, linewidth=1.2, label="the method's cut")
    if study.rows_of(task)[0].track is not Track.DYNAMICS:
        axes[0].plot([], [], "--", color=GREY, linewidth=1.0, label="end of the true algebra")
    legend_below(figure, axes[0], columns=5 if len(by_method) > 1 else 2)
    return picture(
        figure,
        name,
        f"Spectra and the chosen cut: {task}, N = {size:,}",
        "The singular values, defects or label spreads of every seed, from which a method derives its count. Filled "
        "points are claimed directions, open points are rejected ones. A dash above a point is its upper confidence "
        "bound, if the method states one: a direction is claimed if this bound lies below the cut. Values below "
        "10⁻¹² are drawn at 10⁻¹².",
        (
            {"method": method, "seed": trial.spec.seed, "direction": i, "value": float(value), "claimed": i <= count}
            for method, found in by_method.items()
            for trial in found
            for count in (_claimed(trial),)
            for i, value in enumerate(_spectrum_of(trial), start=1)  # type: ignore[arg-type]
        ),
    )


def _ranked(study: Study, task: str) -> list[str]:
    """The methods of a task in their usual order; if a figure has no room for all, the best of them first."""
    methods = study.methods(task)
    if len(methods) <= _METHODS:
        return methods
    return [row.method for row in sorted(study.rows_of(task, study.largest(task)), key=lambda row: row.bound)]


def _claimed(trial: TrialResult) -> int:
    # claimed functions may depend on each other; `count` is the number of independent ones
    return int(trial.metrics.get("functions_claimed", trial.metrics.get("count", 0)))


def _spectrum_of(trial: TrialResult) -> npt.NDArray[np.float64] | None:
    values = trial.array("spectrum")
    return None if values is None or not values.size else np.asarray(values, dtype=np.float64).ravel()


def _spectrum(axis: Any, method: str, trials: list[TrialResult], palette: Palette) -> None:
    colour = palette.colour(method)
    for trial in trials:
        values = _spectrum_of(trial)
        assert values is not None, "only trials with a spectrum are drawn"
        y = np.maximum(values, _FLOOR)
        x = np.arange(1, len(y) + 1)
        count = _claimed(trial)
        marks = axis.plot(x, y, color=colour, linewidth=0.7, alpha=0.45)
        marks += axis.plot(x[:count], y[:count], "o", color=colour, markersize=4)
        marks += axis.plot(x[count:], y[count:], "o", color=colour, markersize=4, markerfacecolor="none")
        of_method(method, *marks)
        upper = trial.array("spectrum_upper")
        if upper is not None and upper.shape == values.shape:
            axis.plot(x, np.maximum(upper, _FLOOR), "_", color=colour, markersize=6, alpha=0.6)
    cut = _cut(trials[0])
    if cut is not None:
        axis.axhline(cut, color=GREY, linewidth=1.2)
    functions = any("functions_claimed" in t.metrics for t in trials)
    truths = {int(t.metrics["count"] - t.metrics["count_error"]) for t in trials if "count_error" in t.metrics}
    if len(truths) == 1 and not functions:
        axis.axvline(truths.pop() + 0.5, color=GREY, linestyle="--", linewidth=1.0)
    log_axis(axis, "y")
    axis.set_title(method)
    axis.set_xlabel("direction")
    axis.set_ylabel("value that decides")
    axis.grid(axis="y")


def _cut(trial: TrialResult) -> float | None:
    """The value at which the method cut its spectrum: the recorded bound, or the method's parameter `bound`."""
    recorded = trial.array("bound")
    bound = trial.spec.method.parameters.get("bound") if recorded is None else float(np.ravel(recorded)[0])
    return float(bound) if isinstance(bound, int | float) and bound > 0 else None


def generators(study: Study, task: str, name: str) -> Picture | None:
    """The claim of each method's median seed at the largest size, in the sparsest basis of its span, with labels.

    If the suite has the entry `truth`, it comes first, and each claimed element has its share inside the true span.
    """
    size = study.largest(task)
    typical = [(m, study.typical(task, m, size)) for m in _ranked(study, task)]
    claims = [(m, t, matrices) for m, t in typical if t is not None and (matrices := _claim(t)) is not None]
    truth = next((matrices for m, t, matrices in claims if t.spec.method.name == "truth"), None)
    drawn: list[tuple[str, ReadableBasis]] = []
    for method, trial, matrices in sorted(claims, key=lambda claim: claim[1].spec.method.name != "truth"):
        is_truth = trial.spec.method.name == "truth"
        if trial.spec.method.name == "random":
            continue  # matrices of a random subspace carry no information
        basis = readable_basis(matrices, None if is_truth else truth)
        if basis is not None and len(drawn) < _METHODS:
            drawn.append((method if is_truth else f"{method}\nseed {trial.spec.seed}", basis))
    if not drawn or all(label == "truth" for label, _ in drawn):
        return None
    return _heat_maps(drawn, study.facts.components.get(task, ()), task, size, name)


def _claim(trial: TrialResult) -> npt.NDArray[np.float64] | None:
    matrices = trial.array("generators")
    if matrices is None or matrices.ndim != 3 or not matrices.size or not np.isfinite(matrices).all():
        return None
    return np.asarray(matrices, dtype=np.float64)


def _heat_maps(
    drawn: list[tuple[str, ReadableBasis]], components: tuple[str, ...], task: str, size: int, name: str
) -> Picture:
    """All matrices on one pair of axes, in inches from the upper left; the layout of one axes each takes seconds."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    columns = min(_COLUMNS, max(len(basis.matrices) for _, basis in drawn))
    left_out = max(len(basis.matrices) for _, basis in drawn) - columns
    side = min(1.05, (_WIDTH - _LEFT - _RIGHT) / columns - _GAP)
    titles = [[_wrapped(title) for title in basis.titles[:columns]] for _, basis in drawn]
    heads = [_LINE * max(title.count("\n") + 1 for title in row) + _GAP for row in titles]
    dimension = drawn[0][1].matrices.shape[1]
    names = components if len(components) == dimension else tuple(str(i + 1) for i in range(dimension))
    named = dimension <= _NAMED and len({b.matrices.shape[1] for _, b in drawn}) == 1
    left, foot = (_LEFT + _NAMES, _FOOT + _LINE) if named else (_LEFT, _FOOT)
    width, height = left + columns * (side + _GAP) + _RIGHT, sum(heads) + len(drawn) * (side + foot)
    figure = Figure(figsize=(width, height))
    axis = figure.add_axes((0, 0, 1, 1))
    top = 0.0
    for (label, basis), row, head in zip(drawn, titles, heads, strict=True):
        top += head
        for i, (matrix, title) in enumerate(zip(basis.matrices, row, strict=False)):
            x = left + i * (side + _GAP)
            box = (x, x + side, top + side, top)
            image = axis.imshow(
                matrix / np.abs(matrix).max(), cmap="RdBu_r", vmin=-1, vmax=1, extent=box, aspect="auto"
            )
            axis.add_patch(Rectangle((x, top), side, side, fill=False, linewidth=0.5, edgecolor=GREY))
            axis.text(x + side / 2, top - 0.04, title, fontsize=8, ha="center", va="bottom")
            if basis.shares is not None:
                y = top + side + foot - _FOOT + 0.04
                axis.text(x + side / 2, y, f"{basis.shares[i]:.3f}", fontsize=8, ha="center", va="top")
        if named:
            _component_names(axis, names, left, top, side)
        axis.text(left - (_NAMES if named else 0.1), top + side / 2, label, fontsize=8.5, ha="right", va="center")
        top += side + foot
    axis.set(xlim=(0, width), ylim=(height, 0))
    axis.set_axis_off()
    bar = figure.add_axes((1 - 0.55 / width, 0.15, 0.12 / width, 0.7))
    figure.colorbar(image, cax=bar, ticks=[-1, 0, 1])
    caption = (
        "The claimed generators in the sparsest basis of their span, each matrix scaled to its largest entry. R is a "
        "rotation and B a boost in the plane of two axes, J and K are the rotations and boosts of four-momenta, D is "
        "the dilation, E has a single entry, and L is any other element. "
    )
    if any(basis.shares is not None for _, basis in drawn):
        caption += "The number below a matrix is its share inside the true algebra (1: inside, 0: orthogonal to it). "
    if left_out > 0:
        caption += f"The first {columns} of up to {columns + left_out} generators are drawn. "
    return picture(
        figure,
        name,
        f"Generators: {task}, N = {size:,}",
        caption + "The seed has the median score, or is the first one if there is no score.",
        (
            {
                "method": label.replace("\n", ", "),
                "generator": title,
                "row": names[i],
                "column": names[j],
                "entry": entry,
            }
            for label, basis in drawn
            for title, matrix in zip(basis.titles, basis.matrices.tolist(), strict=True)
            for i, row in enumerate(matrix)
            for j, entry in enumerate(row)
        ),
    )


def _component_names(axis: Any, names: tuple[str, ...], left: float, top: float, side: float) -> None:
    """What rows and columns of the first matrix of a line stand for."""
    for i, name in enumerate(names):
        middle = (i + 0.5) * side / len(names)
        axis.text(left - 0.05, top + middle, name, fontsize=6.5, ha="right", va="center")
        axis.text(left + middle, top + side + 0.03, name, fontsize=6.5, ha="center", va="top")


def _wrapped(title: str) -> str:
    """A sum of several terms on lines of its own, so that titles do not run into each other."""
    return title.replace(" + ", "\n+ ").replace(" − ", "\n− ")
