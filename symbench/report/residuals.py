"""Which events speak against a claim: a histogram of residuals, the worst ten, and all of them as a table.

The residuals of a trial are those of `metrics.residuals`; the trial of a method is its seed of median score at the
largest size, as in the other figures of a task.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from symbench.component import Track
from symbench.leaderboard.table import Line, Table
from symbench.metrics.residuals import EVENTS, RESIDUALS
from symbench.report.picture import Picture, picture
from symbench.report.study import DISCOVERY_TRACKS, Study
from symbench.report.style import GREY, Palette, legend_below, log_axis, of_method, panels
from symbench.trial.result import TrialResult

if TYPE_CHECKING:
    import pandas as pd

_WORST = 10
_METHODS = 8
_FLOOR = 1e-9  # of the logarithmic axis
_BINS = 40
_COLUMNS = ("task", "method", "train_size", "seed", "trial", "event_id", "direction", "residual")


class Residuals(NamedTuple):
    """Residuals (n, k) of one trial, and the ids of the events (n,)."""

    trial: TrialResult
    values: npt.NDArray[np.float64]
    events: npt.NDArray[np.uint64]

    @property
    def largest(self) -> npt.NDArray[np.float64]:
        """The largest |residual| of each event (n,)."""
        return np.asarray(np.abs(self.values).max(axis=1))


def residuals_of(trial: TrialResult) -> Residuals | None:
    """What a trial kept; None if it claims nothing, or was recorded before residuals were."""
    values, events = trial.array(RESIDUALS), trial.array(EVENTS)
    if values is None or events is None or not values.size or not np.isfinite(values).all():
        return None
    return Residuals(trial, np.asarray(values, dtype=np.float64), events)


def _of_task(study: Study, task: str) -> dict[str, Residuals]:
    """Method → residuals of its typical trial, best method first and reference rows last."""
    size = study.largest(task)
    ranked = [row.method for row in study.rows_of(task, size)]
    typical = ((method, study.typical(task, method, size)) for method in ranked)
    found = {m: r for m, t in typical if t is not None and (r := residuals_of(t)) is not None}
    return dict(sorted(found.items(), key=lambda item: study.is_reference(item[0])))


def worst_events(study: Study, task: str) -> Table | None:
    """The ten events that speak most against the claim of the best method that has one.

    None without residuals, and if all are rounding errors.
    """
    found = {method: each for method, each in _of_task(study, task).items() if not study.is_reference(method)}
    if not found:
        return None
    method, residuals = next(iter(found.items()))
    if residuals.largest.max() < _FLOOR:  # rounding errors of an exact claim name no event
        return None
    order = np.argsort(-residuals.largest, kind="stable")[:_WORST]
    share = residuals.largest**2 / max(float(np.sum(residuals.largest**2)), 1e-300)
    lines = []
    for event in order:
        direction = int(np.argmax(np.abs(residuals.values[event])))
        values = residuals.values[event]
        parts = (f"{values[direction]:+.3g}", str(direction + 1), f"{100 * share[event]:.1f} %")
        lines.append(Line((str(residuals.events[event]), *parts)))
    seed, count = residuals.trial.spec.seed, len(residuals.events)
    note = (
        f"Of the first {count:,} test events, seed {seed}. {_meaning(study, task)} The share is that of the event in "
        "the sum of squares of all events' largest residuals. residuals.parquet has every event and direction."
    )
    heads = ("event id", "residual", "direction", "share")
    return Table(f"Events that speak most against the claim of {method}", heads, tuple(lines), (), note)


def residual_histogram(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    """The largest |residual| of each event, a line for each method; None without residuals."""
    found = dict(list(_of_task(study, task).items())[:_METHODS])
    if not found:
        return None
    figure, (axis,) = panels(1, width=5.6, height=3.0)
    largest = {method: np.maximum(each.largest, _FLOOR) for method, each in found.items()}
    low, high = min(v.min() for v in largest.values()), max(v.max() for v in largest.values())
    bins = np.geomspace(low / 1.5, max(high, low * 10) * 1.5, _BINS + 1)
    for method, values in largest.items():
        look = {"color": palette.colour(method), "linestyle": palette.line(method)}
        of_method(method, *axis.hist(values, bins=bins, histtype="step", **look)[2])
        axis.plot([], [], palette.line(method), color=palette.colour(method), label=method)
    for method, each in found.items():
        floors = each.trial.array("label_spread_floors")
        if floors is not None and floors.size:
            axis.axvline(max(float(floors.max()), _FLOOR), color=palette.colour(method), linewidth=0.8, linestyle=":")
    axis.axvline(1.0, color=GREY, linewidth=0.8)
    log_axis(axis, "x")
    axis.set_xlabel("largest |residual| of an event")
    axis.set_ylabel("events")
    legend_below(figure, axis, columns=4)
    return picture(
        figure,
        name,
        f"Residuals, event by event: {task}, N = {study.largest(task):,}",
        f"{_meaning(study, task)} A few events far to the right of the others speak against the claim alone; a whole "
        "distribution near 1 (grey line) is no symmetry. Dotted: the part that the errors of the fitted gradient have "
        "in the root mean square. The seed has the median score, or is the first one.",
        (
            {"method": method, "low": low, "high": high, "events": events}
            for method, values in largest.items()
            for events, low, high in zip(
                np.histogram(values, bins)[0], bins[:-1].tolist(), bins[1:].tolist(), strict=True
            )
        ),
    )


def _meaning(study: Study, task: str) -> str:
    if study.rows_of(task)[0].track is Track.DYNAMICS:
        return (
            "The residual of a trajectory is the root mean square deviation of a claimed quantity from its mean along "
            "the trajectory, in its standard deviations over all states."
        )
    return (
        "The residual of an event is by how many standard deviations the label rises along a claimed generator, for a "
        "displacement of the size of the data."
    )


def residual_frame(study: Study) -> pd.DataFrame:
    """Every residual that figures and tables use: a row for each task, method, event and direction (1 to k)."""
    import pandas as pd

    parts = list(_frames(study))
    empty = pd.DataFrame({name: [] for name in _COLUMNS})
    return pd.concat(parts, ignore_index=True) if parts else empty


def _frames(study: Study) -> Iterator[pd.DataFrame]:
    for task in study.tasks(*DISCOVERY_TRACKS):
        for method, residuals in _of_task(study, task).items():
            yield _frame(task, method, residuals)


def _frame(task: str, method: str, residuals: Residuals) -> pd.DataFrame:
    import pandas as pd

    spec, (n, k) = residuals.trial.spec, residuals.values.shape
    columns: Sequence[object] = (
        *(task, method, spec.train_size, spec.seed, residuals.trial.key),
        *(np.repeat(residuals.events, k), np.tile(np.arange(1, k + 1), n)),
        residuals.values.ravel().astype(np.float32),
    )
    return pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True)))
