"""Pictures of discovery: spectra with the chosen cut, and the generators as matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.errors import SymbenchError
from symbench.report.readable import ReadableBasis, readable_basis
from symbench.report.study import DISCOVERY_TRACKS, Study
from symbench.report.style import GREY, Palette, Picture, log_axis, panels, picture

_MAXIMUM_PANELS = 6
_MAXIMUM_COLUMNS = 10


def spectra(study: Study, palette: Palette) -> Picture | None:
    """Singular values or defects of every seed, at the largest size, with what was accepted filled."""
    shown = [
        (task, method)
        for task in study.tasks(*DISCOVERY_TRACKS)
        for method in study.methods(task)
        if any((t.array("spectrum") is not None) for t in study.ok(task, method, study.largest(task)))
    ][:_MAXIMUM_PANELS]
    if not shown:
        return None
    figure, axes = panels(len(shown), columns=2, height=2.7)
    for axis, (task, method) in zip(axes, shown, strict=True):
        _spectrum(axis, study, task, method, palette)
    return picture(
        figure,
        "spectra",
        "Spectra and the chosen cut",
        "Every seed at the largest training size. Filled points are the directions that the method accepted as "
        "generators, open ones those it rejected; the dashed line is where the true algebra ends. Values "
        "below 1e-12 are drawn there.",
    )


def _spectrum(axis: Any, study: Study, task: str, method: str, palette: Palette) -> None:
    size = study.largest(task)
    colour = palette.colour(method)
    truth: int | None = None
    for trial in study.ok(task, method, size):
        values = trial.array("spectrum")
        if values is None:
            continue
        y = np.maximum(np.asarray(values, dtype=np.float64), 1e-12)
        x = np.arange(1, len(y) + 1)
        count = int(trial.metrics.get("count", 0))
        if "count_error" in trial.metrics:
            truth = count - int(trial.metrics["count_error"])
        axis.plot(x, y, color=colour, linewidth=0.7, alpha=0.45)
        axis.plot(x[:count], y[:count], "o", color=colour, markersize=4)
        axis.plot(x[count:], y[count:], "o", color=colour, markersize=4, markerfacecolor="none")
    if truth is not None:
        axis.axvline(truth + 0.5, color=GREY, linestyle="--", linewidth=1.0)
    log_axis(axis, "y")
    axis.set_title(f"{method} on {task}, N = {size:,}", fontsize=8.5)
    axis.set_xlabel("direction")
    axis.set_ylabel("spectrum")
    axis.grid(axis="y")


def generators(study: Study, task: str, name: str) -> Picture | None:
    """The found generators of a typical seed of each method at the largest size, in a readable basis."""
    size = study.largest(task)
    canonical = known_algebra(study.truth_name(task))
    drawn: list[tuple[str, int, ReadableBasis]] = []
    for method in study.methods(task):
        trial = None if study.is_bound(method) else study.typical(task, method, size)
        found = None if trial is None else trial.array("generators")
        if trial is None or found is None or found.ndim != 3 or not np.isfinite(found).all():
            continue
        momenta = study.truth_name(task) == "so(1,3)" and found.shape[1] == 4
        basis = readable_basis(np.asarray(found, dtype=np.float64), canonical, four_momenta=momenta)
        if basis is not None:
            drawn.append((method, trial.spec.seed, basis))
    if not drawn:
        return None
    return _heat_maps(drawn, task, size, name, canonical is not None and len(canonical) > 0)


def known_algebra(truth: str | None) -> npt.NDArray[np.float64] | None:
    """The canonical generators of a named algebra; None where the name is not a standard one."""
    if truth is None or truth == "none":
        return None
    from symbench.algebra.bases import named_algebra

    try:
        return named_algebra(truth)
    except (SymbenchError, ValueError):
        return None


def _heat_maps(
    drawn: list[tuple[str, int, ReadableBasis]], task: str, size: int, name: str, projected: bool
) -> Picture:
    from matplotlib.figure import Figure

    columns = min(_MAXIMUM_COLUMNS, max(len(basis.matrices) for _, _, basis in drawn))
    width = min(8.6, 1.7 + 1.2 * columns)
    cell = (width - 1.7) / columns
    figure = Figure(figsize=(width, (cell + (0.8 if projected else 0.45)) * len(drawn)), layout="constrained")
    axes = figure.subplots(len(drawn), columns, squeeze=False)
    image = None
    for row, (method, seed, basis) in zip(axes, drawn, strict=True):
        for axis in row[len(basis.matrices) :]:
            axis.set_visible(False)
        for i, (axis, matrix) in enumerate(zip(row, basis.matrices, strict=False)):
            limit = 1 / math.sqrt(2) if projected else float(np.abs(basis.matrices).max())
            image = axis.imshow(matrix / limit, cmap="RdBu_r", vmin=-1, vmax=1)
            title = basis.titles[i].replace(" ", "\n", 1)
            axis.set_title(title, fontsize=8, loc="center", fontweight="normal")
            axis.set_xticks([])
            axis.set_yticks([])
            for spine in axis.spines.values():
                spine.set_visible(True)
                spine.set_linewidth(0.5)
            if basis.shares is not None:
                axis.set_xlabel(f"{basis.shares[i]:.3f}", fontsize=8)
        row[0].set_ylabel(f"{method}\nseed {seed}", fontsize=8.5)
    assert image is not None, "every drawn basis has a matrix"
    figure.colorbar(image, ax=axes, shrink=0.7, aspect=25, ticks=[-1, 0, 1])
    if projected:
        caption = (
            "Each canonical generator of the true algebra, projected onto the span that the method found: what is "
            "drawn is the part that it found. The number below is that part's share of the norm, 1 when all of it is "
            "there. The projection shows what is covered, not what was claimed beyond it."
        )
    else:
        caption = "The found span in the basis that varimax concentrates on the fewest matrix entries (signs are free)."
    return picture(
        figure,
        name,
        f"Generators: {task}, N = {size:,}",
        caption + " Seed: the one of median score, the first where there is no score.",
    )
