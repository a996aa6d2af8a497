"""The figure of the invariant track: a form that events share, and its spread beside those of permuted partners."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.report.picture import Picture, picture
from symbench.report.study import Study
from symbench.report.style import GREY, Palette, legend_below
from symbench.trial.result import TrialResult

_INK = 0.6  # of the largest entry: darker cells have white numbers


def shared_form(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    """The first form of the method whose median seed claims one, and the spreads of all seeds with their null."""
    size = study.largest(task)
    for method in study.methods(task):
        typical = study.typical(task, method, size)
        forms = None if typical is None else typical.array("forms")
        if typical is None or forms is None or forms.ndim != 3 or not len(forms) or study.is_reference(method):
            continue
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8.6, 3.1), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.9))
        _matrix(left, np.asarray(forms[0], dtype=np.float64), study.facts.components.get(task, ()))
        left.set_title(f"{method}, seed {typical.spec.seed}")
        _spreads(right, study.ok(task, method, size), palette.colour(method))
        legend_below(figure, right, columns=3)
        return picture(
            figure,
            name,
            f"What the events share: {task}, N = {size:,}",
            "Left: the claimed form of the seed of median score, scaled to its largest entry. Right, for every seed: "
            "the spread of the claimed form over events, in units of its spread over permuted partners; those of the "
            "next directions; and the smallest of each of 20 permuted samples that were taken for data. A form is "
            "claimed if it is below their 5 % quantile and below the bound (line).",
            (
                {"method": method, "seed": trial.spec.seed, "kind": kind, "spread": float(value)}
                for trial in study.ok(task, method, size)
                for kind, array in (("direction", "spectrum"), ("permuted", "null_spreads"))
                for value in np.ravel(trial.array(array) if trial.array(array) is not None else [])  # type: ignore[arg-type]
            ),
        )
    return None


def _matrix(axis: Any, form: npt.NDArray[np.float64], components: tuple[str, ...]) -> None:
    scaled = form / np.abs(form).max()
    axis.imshow(scaled, cmap="RdBu_r", vmin=-1, vmax=1)
    names = list(components) if len(components) == len(form) else [str(i + 1) for i in range(len(form))]
    axis.set_xticks(range(len(form)), names)
    axis.set_yticks(range(len(form)), names)
    axis.tick_params(length=0)
    for (i, j), value in np.ndenumerate(scaled):
        colour = "white" if abs(value) > _INK else "black"
        axis.text(
            j,
            i,
            f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−"),
            ha="center",
            va="center",
            color=colour,
            fontsize=8,
        )


def _spreads(axis: Any, trials: list[TrialResult], colour: str) -> None:
    for trial in trials:
        count = int(trial.metrics.get("functions_claimed", 0))
        seed = trial.spec.seed
        for name, marks in (
            ("null_spreads", {"marker": "|", "color": GREY, "markersize": 7}),
            ("spectrum", {"marker": "o", "color": colour, "markersize": 4, "markerfacecolor": "none"}),
        ):
            values = trial.array(name)
            if values is not None:
                axis.plot(np.ravel(values), np.full(np.size(values), seed), linestyle="none", **marks)
        claimed = trial.array("spectrum")
        if claimed is not None:
            axis.plot(np.ravel(claimed)[:count], np.full(count, seed), "o", color=colour, markersize=5)
    bound = trials[0].array("bound")
    if bound is not None:
        axis.axvline(float(np.ravel(bound)[0]), color=GREY, linewidth=1.0)
    axis.plot([], [], "o", color=colour, markersize=5, label="claimed")
    axis.plot([], [], "o", color=colour, markersize=4, markerfacecolor="none", label="next directions")
    axis.plot([], [], "|", color=GREY, markersize=7, label="permuted partners")
    axis.set_xlim(left=0)
    axis.set_xlabel("spread over events, relative to permuted partners")
    axis.set_ylabel("seed")
    axis.yaxis.get_major_locator().set_params(integer=True)
    axis.grid(axis="x")
