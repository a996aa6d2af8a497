"""The parts of the printed leaderboard, each as tables of text, as a pandas table, and as records."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from symbench.component import Track
from symbench.leaderboard import calibration, challenge, cost, discovery, discovery_tables, frames, tuning
from symbench.leaderboard.latex import latex
from symbench.leaderboard.rows import LeaderboardRow, leaderboard
from symbench.leaderboard.scores import metric_tables, score_tables
from symbench.leaderboard.table import Table, markdown, terminal
from symbench.words import for_csv

if TYPE_CHECKING:
    import pandas as pd

    from symbench.suite.blocks import CheckedSuite
    from symbench.trial.result import TrialResult

FORMATS = ("table", "markdown", "latex", "csv", "json")


@dataclass(frozen=True)
class RankedResults:
    """A suite's results, from which every section is computed.

    results   current and stale results
    keys      keys of today's plan
    """

    suite: CheckedSuite
    results: Sequence[TrialResult]
    keys: Collection[str] | None = None

    def rows(self) -> list[LeaderboardRow]:
        """The rows of the leaderboard."""
        return leaderboard(self.results, current_keys=self.keys, pools=self.suite.pools())


@dataclass(frozen=True)
class Section:
    """One part of the leaderboard: its rows, and how they are shown."""

    summary: str
    rows: Callable[[RankedResults], Sequence[BaseModel]]
    tables: Callable[[Any], list[Table]]
    frame: Callable[[Any], pd.DataFrame]

    def text(self, recorded: RankedResults, format: str, *, width: int = 140) -> str:
        """The section in one of FORMATS; empty if it has no rows."""
        return rendered(self, self.rows(recorded), format, width=width)


def rendered(section: Section, rows: Sequence[BaseModel], format: str, *, width: int = 140) -> str:
    """Rows of a section in one of FORMATS."""
    if format == "json":
        return json.dumps([row.model_dump(mode="json") for row in rows], indent=1, allow_nan=False)
    if not rows:
        return ""
    if format == "csv":
        return for_csv(section.frame(rows))
    tables = section.tables(rows)
    if format == "latex":
        return latex(tables)
    return markdown(tables) if format == "markdown" else terminal(tables, width=width)


def _by_track(table: Callable[[Any], Table]) -> Callable[[Any], list[Table]]:
    """One table for each track that has rows."""

    def tables(rows: Sequence[Any]) -> list[Table]:
        groups = ([row for row in rows if row.track is track] for track in Track)
        return [table(group) for group in groups if group]

    return tables


SECTIONS: dict[str, Section] = {
    "scores": Section("scores with intervals and tiers", RankedResults.rows, score_tables, frames.score_frame),
    "false-discoveries": Section(
        "claims on controls",
        lambda recorded: discovery.false_discoveries(recorded.results, recorded.keys),
        _by_track(discovery_tables.false_discovery_table),
        frames.false_discovery_frame,
    ),
    "events-needed": Section(
        "events needed to find a symmetry reliably",
        lambda recorded: discovery.events_needed(recorded.results, recorded.keys),
        _by_track(discovery_tables.events_needed_table),
        frames.events_needed_frame,
    ),
    "calibration": Section(
        "false certification and detection of counting rules",
        lambda recorded: calibration.calibrations(recorded.results, recorded.keys),
        _by_track(calibration.calibration_table),
        calibration.calibration_frame,
    ),
    "challenge": Section(
        "transformations that events exclude as symmetries",
        lambda recorded: challenge.challenges(recorded.results, recorded.keys),
        lambda rows: [challenge.challenge_table(rows)],
        challenge.challenge_frame,
    ),
    "cost": Section(
        "operations, speed, time and memory",
        lambda recorded: cost.costs(recorded.rows()),
        cost.cost_tables,
        frames.cost_frame,
    ),
    "tuning": Section(
        "results of searches of recipes",
        lambda recorded: tuning.tuning_rows(recorded.suite),
        lambda rows: [tuning.tuning_table(rows)],
        frames.tuning_frame,
    ),
    "metrics": Section("every metric, one line each", RankedResults.rows, metric_tables, frames.metric_frame),
}
"""In the order in which they are printed; `metrics` only if it is asked for."""
