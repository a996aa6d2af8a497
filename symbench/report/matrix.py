"""The matrix of methods and tasks: score, interval, tier and failures of each entry at the task's largest size."""

from __future__ import annotations

from dataclasses import dataclass

from symbench.component import Track
from symbench.leaderboard import LeaderboardRow
from symbench.leaderboard.scores import NOT_ABOVE_RANDOM
from symbench.metrics.catalog import SCORE, metric
from symbench.report.study import DISCOVERY_TRACKS, Study
from symbench.trial.result import Status

_FAINTEST = 4  # tiers from this one on have one colour


@dataclass(frozen=True)
class Column:
    """A task: label, track, truth, training size, the score's title, and the place of its number on the page."""

    task: str
    track: str
    truth: str | None
    size: int
    score: str


@dataclass(frozen=True)
class Cell:
    """An entry of the matrix.

    sign     the tier; ≈ not above random, ref a reference row, × no score, empty without trials
    look     class of the sign's colour: t1 to t4, random, reference, none
    meaning  of the sign, in words
    score    and interval as texts; empty without a score
    trouble  the statuses of trials that have no score, as in `1 timeout`; empty if there are none
    value    by which the column sorts
    """

    sign: str = ""
    look: str = "none"
    meaning: str = "not in the suite"
    score: str = ""
    interval: str = ""
    trouble: str = ""
    value: float | None = None

    @property
    def text(self) -> str:
        """`1: 0.98 (0.91 to 1.00), 1 timeout`; empty without trials."""
        score = f"{self.score} ({self.interval})" if self.score else ""
        return ", ".join(filter(None, (": ".join(filter(None, (self.sign, score))), self.trouble)))


@dataclass(frozen=True)
class Matrix:
    """Columns for tasks, and for each method its cells in the same order."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, bool, tuple[Cell, ...]], ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of the matrix as a table of text."""
        return "method", *(column.task for column in self.columns)

    @property
    def texts(self) -> list[tuple[str, ...]]:
        """The rows of the matrix as a table of text."""
        return [(method, *(cell.text for cell in cells)) for method, _, cells in self.rows]


def matrix(study: Study) -> Matrix:
    """Methods in their usual order, reference rows last; tasks track by track."""
    tracks = (*DISCOVERY_TRACKS, Track.CLASSIFICATION, Track.REGRESSION)
    tasks = [task for track in tracks for task in study.tasks(track)]
    by_entry = {(r.task, r.method): r for task in tasks for r in study.rows_of(task, study.largest(task))}
    columns = []
    for task in tasks:
        track = study.rows_of(task)[0].track
        title = metric(SCORE[track]).title
        columns.append(Column(task, track.value, study.truth_text(task), study.largest(task), title))
    rows = tuple(
        (method, study.is_reference(method), tuple(_cell(by_entry.get((task, method))) for task in tasks))
        for method in study.methods()
    )
    return Matrix(tuple(columns), rows)


def _cell(row: LeaderboardRow | None) -> Cell:
    if row is None:
        return Cell()
    trouble = ", ".join(part for part in row.trials.split(", ") if not part.endswith(f" {Status.OK}"))
    if row.score is None:
        return Cell("×", "failed", "no score", trouble=trouble)
    text = metric(row.score_name).text
    low, high = row.score.low, row.score.high
    interval = "1 seed" if low is None or high is None else f"{text(low)} to {text(high)}"
    sign, look, meaning = _sign(row)
    return Cell(sign, look, meaning, text(row.score.mean), interval, trouble, row.score.mean)


def _sign(row: LeaderboardRow) -> tuple[str, str, str]:
    if row.bound:
        return "ref", "reference", "reference row, not ranked"
    if row.above_random is False:
        return "≈", "random", NOT_ABOVE_RANDOM
    if row.tier is None:
        return "–", "none", "not ranked"
    return str(row.tier), f"t{min(row.tier, _FAINTEST)}", f"tier {row.tier}"
