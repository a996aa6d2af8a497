"""Every figure of a task by its kind, as the report, `symbench plot` and `sb.plot` draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from symbench.component import Track
from symbench.errors import DataError, UnknownNameError
from symbench.report.classification_figures import boost_curves, cost_pictures, invariance, rejection_curves
from symbench.report.discovery_figures import generators, spectra
from symbench.report.dynamics_figures import quantities
from symbench.report.invariant_figures import shared_form
from symbench.report.ladder import ladder
from symbench.report.learning import efficiency_picture, learning_curves
from symbench.report.picture import Picture
from symbench.report.residuals import residual_histogram
from symbench.report.study import DISCOVERY_TRACKS, Study
from symbench.report.style import Palette, drawing

_TRAINED = (Track.REGRESSION, Track.CLASSIFICATION)


@dataclass(frozen=True)
class Kind:
    """A kind of figure. `draw` gives None if the task's trials did not record what it shows."""

    summary: str
    tracks: tuple[Track, ...]
    draw: Callable[[Study, str, Palette, str], Picture | None]


def _learning_curves(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    return learning_curves(study, study.track(task), task, palette, name)


def _efficiency(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    return efficiency_picture([row for row in study.efficiency if row.task == task], palette, name)


def _ladder(study: Study, task: str, palette: Palette, name: str) -> Picture | None:
    return ladder(study, task, [row for row in study.efficiency if row.task == task], palette, name)


FIGURES: dict[str, Kind] = {
    "curves": Kind("learning curves: score against training events", (*DISCOVERY_TRACKS, *_TRAINED), _learning_curves),
    "quantities": Kind("learned against true conserved quantities", (Track.DYNAMICS,), quantities),
    "form": Kind("the form that events share, and its spread", (Track.INVARIANT,), shared_form),
    "generators": Kind(
        "claimed generators as matrices, in a sparse basis",
        DISCOVERY_TRACKS,
        lambda study, task, palette, name: generators(study, task, name),
    ),
    "spectra": Kind("spectra with the chosen cut", DISCOVERY_TRACKS, spectra),
    "residuals": Kind("residuals, event by event", DISCOVERY_TRACKS, residual_histogram),
    "efficiency": Kind("data efficiency against the baseline", _TRAINED, _efficiency),
    "ladder": Kind("score and data efficiency against the symmetry kept", (Track.CLASSIFICATION,), _ladder),
    "rejection": Kind("background rejection against signal efficiency", (Track.CLASSIFICATION,), rejection_curves),
    "invariance": Kind("invariance error of each operation", (Track.CLASSIFICATION,), invariance),
    "boost": Kind("AUC against the rapidity of a boost", (Track.CLASSIFICATION,), boost_curves),
    "cost": Kind("quality against cost", _TRAINED, cost_pictures),
}
"""Kind → how it is drawn, in the order of the report."""


def pictures_of(study: Study, task: str, kinds: tuple[str, ...] = tuple(FIGURES)) -> list[Picture]:
    """The figures of a task, of these kinds; call it inside `style.drawing`."""
    track = study.track(task)
    palette = palette_of(study, track)
    drawn = (
        kind.draw(study, task, palette, figure_name(study, task, name))
        for name, kind in FIGURES.items()
        if name in kinds and track in kind.tracks
    )
    return [picture for picture in drawn if picture is not None]


def figure_of(study: Study, task: str, kind: str, style: str | None = None) -> Picture:
    """One figure of a task.

    Raises UnknownNameError for a task or kind that does not exist, DataError if there is nothing to draw, and what
    `style.drawing` raises.
    """
    known = study.tasks(*Track)
    if task not in known:
        raise UnknownNameError("task", task, known)
    if kind not in FIGURES:
        raise UnknownNameError("figure", kind, FIGURES)
    with drawing(style):
        drawn = pictures_of(study, task, (kind,))
    if not drawn:
        raise DataError(
            f"{task} ({study.track(task)} track) has nothing to draw as {kind!r}: {FIGURES[kind].summary}. Its trials "
            "did not record it, or have too few training sizes"
        )
    return drawn[0]


def figure_name(study: Study, task: str, kind: str) -> str:
    """The name of a figure's files and anchor: the kind and the task's number, as in `spectra-3`."""
    track = study.track(task)
    group = (track,) if track.trained else DISCOVERY_TRACKS
    family = track.value if track.trained else "discovery"
    qualified = kind == "curves" or (track is Track.REGRESSION and kind in ("efficiency", "cost"))
    return f"{kind}-{family}-{study.number(task, *group)}" if qualified else f"{kind}-{study.number(task, *group)}"


def palette_of(study: Study, track: Track) -> Palette:
    """Colours for the methods of a track; no figure has methods of several palettes."""
    known = {row.method for row in study.rows if row.track is track}
    methods = [m for m in study.methods() if m in known]
    return Palette(methods, [m for m in methods if study.is_reference(m)])
