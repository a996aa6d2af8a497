"""The parts of a report: a section for each track, with its tasks, their tables and their figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbench.component import Track
from symbench.leaderboard import EfficiencyRow, size_to_target
from symbench.leaderboard.calibration import calibration_table, calibrations
from symbench.leaderboard.discovery_tables import events_needed_table, false_discovery_table
from symbench.leaderboard.table import Line, Table
from symbench.report import tables
from symbench.report.algebras import algebra_table
from symbench.report.challenge import QUESTION, challenge_tables
from symbench.report.equivariance import equivariance_table
from symbench.report.figures import pictures_of
from symbench.report.findings import Statement
from symbench.report.invariance import invariance_tables
from symbench.report.picture import Picture
from symbench.report.residuals import worst_events
from symbench.report.separation import classes_table, separation_table
from symbench.report.study import DISCOVERY_TRACKS, Study
from symbench.report.summaries import summary
from symbench.report.symmetry_table import symmetry_table


@dataclass(frozen=True)
class TaskSection:
    """One task of the page: its result in a line, findings, leaderboard, further tables, and its pictures.

    largest   the lines of the leaderboard of the largest training size
    """

    label: str
    anchor: str
    truth: str | None
    summary: str
    findings: tuple[str, ...]
    leaderboard: Table
    largest: tuple[Line, ...]
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class TrackSection:
    """One track of the page: the question, its tasks, and the tables over all of them."""

    track: str
    anchor: str
    question: str
    tasks: tuple[TaskSection, ...]
    tables: tuple[Table, ...]


_QUESTIONS = {
    Track.FUNCTION: "Which generators leave a label unchanged, f(exp(tL) x) = f(x)? The label is given with the "
    "events, as M² is with dimuons. Continuous, connected, linear symmetries are meant. That a method needs N events "
    "is a statement about the family of functions that it fits: labels outside of it need more events, or cannot be "
    "described at all.",
    Track.DISTRIBUTION: "Which generators leave the density of the data unchanged? If the second moment is finite and "
    "non-degenerate, only rotations (in some basis) can be exact symmetries: a claimed boost is an approximation, and "
    "it is scored as such.",
    Track.DYNAMICS: "Which functions are constant along trajectories? Of equations of motion that are known exactly: "
    "which matrices map trajectories to trajectories?",
    Track.INVARIANT: "Which functions are nearly the same in every event, and would not be if its parts did not belong "
    "together? Events have no label. The reference are the same events with partners permuted, and claims are counted "
    "against permuted samples that are taken for data.",
    Track.CLASSIFICATION: "Which class does an event belong to, and what does a built-in symmetry gain?",
    Track.REGRESSION: "Which tensor belongs to an event, f(gx) = ρ(g) f(x), and what does a built-in symmetry gain? "
    "The score is −log₁₀(MSE/variance): 0 is the error of a constant, and 1 more is a squared error ten times smaller.",
}


def sections(study: Study, found: Sequence[Statement]) -> list[TrackSection]:
    """A section for each track of the suite, discovery first; call it inside `style.drawing`."""
    several = []
    for track in (*DISCOVERY_TRACKS, Track.CLASSIFICATION, Track.REGRESSION):
        tasks = tuple(_task(study, task, found) for task in study.tasks(track))
        if tasks:
            beside = _discovery_tables(study, track)
            several.append(TrackSection(track.value, f"track-{track.value}", _QUESTIONS[track], tasks, beside))
    challenged = challenge_tables(study)
    if challenged:
        several.append(TrackSection(Track.CHALLENGE.value, "track-challenge", QUESTION, (), challenged))
    return several


def _task(study: Study, task: str, found: Sequence[Statement]) -> TaskSection:
    track = study.track(task)
    group = (track,) if track.trained else DISCOVERY_TRACKS
    board, size = tables.leaderboard_table(study, task), study.largest(task)
    return TaskSection(
        label=task,
        anchor=f"{track.value if track.trained else 'discovery'}-{study.number(task, *group)}",
        truth=study.truth_text(task),
        summary=summary(study, task, study.efficiency),
        findings=tuple(finding.text for finding in found if finding.task == task),
        leaderboard=board,
        largest=tuple(
            line for row, line in zip(study.rows_of(task), board.lines, strict=True) if row.train_size == size
        ),
        pictures=tuple(pictures_of(study, task)),
        tables=tuple(_beside(study, task, track)),
    )


def _beside(study: Study, task: str, track: Track) -> list[Table]:
    """The tables below the leaderboard of a task."""
    of_task = [row for row in study.efficiency if row.task == task]
    optional: list[Table | None] = []
    if not track.trained:
        optional = [algebra_table(study, task), worst_events(study, task)]
    elif track is Track.REGRESSION:
        optional = [*_efficiency_tables(study, task, of_task), equivariance_table(study, task)]
    else:
        optional = [
            *_efficiency_tables(study, task, of_task),
            separation_table(study, task),
            classes_table(study, task),
            symmetry_table(study, task),
            *invariance_tables(study, task),
        ]
    return [table for table in optional if table is not None]


def _efficiency_tables(study: Study, task: str, rows: Sequence[EfficiencyRow]) -> list[Table]:
    """Equivalent sizes, and N(target); empty without a trained baseline."""
    return [*([tables.efficiency_table(rows)] if rows else []), *_target_tables(study, task)]


def _discovery_tables(study: Study, track: Track) -> tuple[Table, ...]:
    """Tables over all tasks of a track: false discoveries, events needed, and the calibration of counting rules."""
    current = study.selection.current
    claims = [row for row in study.false_discoveries if row.track is track]
    needed = [row for row in study.events_needed if row.track is track]
    certified = [row for row in calibrations(current) if row.track is track]
    several = [false_discovery_table(claims)] if claims else []
    several += [events_needed_table(needed)] if needed else []
    several += [calibration_table(certified)] if certified else []
    return tuple(several)


def _target_tables(study: Study, task: str) -> list[Table]:
    """N(target) for the baseline's score at its largest size; empty without a trained baseline."""
    baseline = study.baseline(task)
    best = next(
        (r for r in study.rows_of(task) if r.method == baseline and r.score is not None),
        None,
    )
    if best is None or best.score is None:
        return []
    rows = size_to_target(
        study.selection.current, best.track, best.score.mean, task_label=task, baseline_label=baseline
    )
    return [tables.target_table(rows)]
