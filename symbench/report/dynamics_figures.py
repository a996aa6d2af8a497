"""Figures of the dynamics track: learned conserved quantities against the true ones."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from symbench.report.picture import Picture, picture
from symbench.report.study import Study
from symbench.report.style import GREY, Palette, of_method, panels
from symbench.trial.result import TrialResult

FloatArray = npt.NDArray[np.float64]

_METHODS, _QUANTITIES = 6, 5
_POINTS = 200
_TERMS_PER_POINT = 0.1  # of a fit, so that it cannot follow single points


def quantities(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    """A panel for each method and true quantity, of the median seed at the largest size; None without functions."""
    size = study.largest(task)
    typical = [(m, study.typical(task, m, size)) for m in study.methods(task) if not study.is_reference(m)]
    drawn = [(m, t) for m, t in typical if t is not None and _values(t) is not None][:_METHODS]
    if not drawn:
        return None
    columns = min(_QUANTITIES, max(_shape(trial)[1] for _, trial in drawn))
    figure, axes = panels(len(drawn) * columns, columns=columns, height=2.1, width=min(8.6, 1.0 + 2.3 * columns))
    records: list[dict[str, object]] = []
    for row, (method, trial) in enumerate(drawn):
        values = _values(trial)
        assert values is not None, "only trials with values are drawn"
        true, fitted = values[0], best_functions(values[1], values[0])
        explained = trial.array("explained_true")
        names = (study.truth_name(task) or "").split(", ")
        for column in range(columns):
            axis = axes[row * columns + column]
            if column >= true.shape[1]:
                axis.set_visible(False)
                continue
            x, y = true[:, column], fitted[:, column]
            axis.plot(_ends(x), _ends(x), color=GREY, linewidth=0.8)
            every = slice(None, None, len(x) // _POINTS + 1)
            of_method(method, *axis.plot(x[every], y[every], ".", color=palette.colour(method), ms=3))
            records += [
                {"method": method, "seed": trial.spec.seed, "quantity": column + 1, "true": a, "learned": b}
                for a, b in zip(x[every].tolist(), y[every].tolist(), strict=True)
            ]
            title = names[column] if len(names) == true.shape[1] else f"quantity {column + 1}"
            if explained is not None and len(explained) > column:
                title += f", R² = {float(explained[column]):.3f}"
            axis.set_title(title, fontsize=8)
            axis.tick_params(labelsize=7)
            axis.locator_params(nbins=4)
            if column == 0:
                axis.set_ylabel(f"{method}\nseed {trial.spec.seed}", fontsize=8)
    return picture(
        figure,
        name,
        f"Learned against true conserved quantities: {task}, N = {size:,}",
        "Horizontal axis: the true quantity at states of test trajectories. Vertical axis: its best fit by a "
        "polynomial of second degree in the learned quantities, since any function of conserved quantities is "
        "conserved. Points on the line agree exactly. R² is the value that enters the score: a regression on all "
        "learned quantities, evaluated on held-out trajectories. The seed has the median score.",
        records,
    )


def best_functions(learned: FloatArray, true: FloatArray) -> FloatArray:
    """Least-squares fits (S, k) of true values (S, k) by polynomials of second degree in learned values (S, c).

    The fits are linear if the terms of second degree would be more than a tenth of the states.
    """
    spread = learned.std(axis=0)
    z = (learned - learned.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    columns = [np.ones(len(z)), *z.T]
    pairs = list(combinations_with_replacement(range(z.shape[1]), 2))
    if len(columns) + len(pairs) <= _TERMS_PER_POINT * len(z):
        columns += [z[:, i] * z[:, j] for i, j in pairs]
    design = np.stack(columns, axis=1)
    return np.asarray(design @ np.linalg.lstsq(design, true, rcond=None)[0])


def _values(trial: TrialResult) -> tuple[FloatArray, FloatArray] | None:
    true, claimed = trial.array("true_values"), trial.array("claimed_values")
    if true is None or claimed is None or true.ndim != 2 or claimed.ndim != 2 or not true.size or not claimed.size:
        return None
    return np.asarray(true, dtype=np.float64), np.asarray(claimed, dtype=np.float64)


def _shape(trial: TrialResult) -> tuple[int, ...]:
    values = _values(trial)
    assert values is not None, "only trials with values are drawn"
    return values[0].shape


def _ends(x: FloatArray) -> list[float]:
    return [float(x.min()), float(x.max())]
