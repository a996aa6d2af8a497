"""Results and rows of the leaderboard as MLflow runs."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbench.tracking.owner import Owner
from symbench.trial.result import Status, TrialResult
from symbench.words import for_mlflow, key_for_mlflow, one_line

if TYPE_CHECKING:
    from symbench.leaderboard import LeaderboardRow

_TEXT_LIMIT, _PARAM_LIMIT = 4000, 500
POSITION = "position"


@dataclass(frozen=True)
class FinishedRun:
    """A run to be written once. `content` distinguishes two versions of the same identity; times in ms."""

    identity: str
    content: str
    name: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    ended_at: int
    ok: bool
    seconds: float = 0.0

    @property
    def started_at(self) -> int:
        return self.ended_at - int(1000 * self.seconds)

    @property
    def status(self) -> str:
        return "FINISHED" if self.ok else "FAILED"


def trial_run(result: TrialResult) -> FinishedRun:
    """The run of one trial, or of one training of a search."""
    spec = result.spec
    tags = {
        "status": result.status.value,
        **{name: text for name, text in result.notes.items() if not name.startswith("data_")},
        "data": json.dumps({name: text for name, text in result.notes.items() if name.startswith("data_")}),
        "environment": json.dumps(result.environment, sort_keys=True),
    }
    if result.error is not None:
        tags["error"] = f"{result.error.type}: {result.error.message}"
    params = {
        "track": spec.track.value,
        "task": spec.task_label,
        "method": spec.method_label,
        "train_size": str(spec.train_size),
        "seed": str(spec.seed),
        "budget": f"{spec.budget:g}",
        **{f"task.{name}": json.dumps(value) for name, value in spec.task.parameters.items()},
        **{f"method.{name}": json.dumps(value) for name, value in spec.method.parameters.items()},
    }
    name = f"{spec.task_label} / {spec.method_label} / {spec.train_size} / {spec.seed}"
    if spec.configuration is not None:
        params |= {"search": spec.configuration.search[:16], "configuration": str(spec.configuration.index)}
        name = f"{spec.task_label} / {spec.method_label} / search {spec.configuration.index}"
    metrics = {**result.metrics, **{f"seconds_{part}": s for part, s in result.timings.items()}}
    if result.peak_memory_mib is not None:
        metrics["peak_memory_mib"] = result.peak_memory_mib
    return FinishedRun(
        identity=result.key,
        content=trial_content(result),
        name=one_line(name),
        tags={key_for_mlflow(tag): for_mlflow(value, _TEXT_LIMIT) for tag, value in tags.items()},
        params={key_for_mlflow(param): shorten(value) for param, value in params.items()},
        metrics={key_for_mlflow(metric): value for metric, value in metrics.items()},
        ended_at=int(result.finished_at * 1000),
        ok=result.status in (Status.OK, Status.INCOMPATIBLE),
        seconds=result.timings.get("total", 0.0),
    )


def trial_content(result: TrialResult) -> str:
    """A text that distinguishes two records of one trial: the time of its end, and its labels."""
    return f"{result.finished_at!r} {result.spec.task_label} / {result.spec.method_label}"


def leaderboard_run(row: LeaderboardRow, position: int, owner: Owner) -> FinishedRun:
    """The run of one row of the owner's leaderboard, with its position in the printed order."""
    metrics = {POSITION: float(position), **leaderboard_columns(row)}
    return FinishedRun(
        identity=f"{owner.identity}/{row.track}/{row.task}/{row.method}/{row.train_size}",
        content=hashlib.sha256(json.dumps(metrics, sort_keys=True).encode()).hexdigest(),
        name=f"{row.task} / {row.method} / {row.train_size}",
        tags={},
        params={"track": row.track, "task": row.task, "method": row.method, "train_size": str(row.train_size)},
        metrics=metrics,
        ended_at=int(time.time() * 1000),
        ok=True,
    )


def leaderboard_columns(row: LeaderboardRow) -> dict[str, float]:
    """The metrics of a leaderboard run, rounded to five digits because MLflow's page prints every digit."""
    from symbench.metrics.catalog import COLUMNS

    columns = {"seeds": float(row.seeds_ok), "not_ok": float(sum(row.statuses.values()) - row.seeds_ok)}
    if row.tier is not None:
        columns["tier"] = float(row.tier)
    if row.score is not None:
        columns[row.score_name] = row.score.mean
        if row.score.low is not None and row.score.high is not None:
            columns |= {f"{row.score_name}_low": row.score.low, f"{row.score_name}_high": row.score.high}
    columns |= {name: row.metrics[name].mean for name in COLUMNS[row.track] if name in row.metrics}
    return {name: value if value.is_integer() else float(f"{value:.5g}") for name, value in columns.items()}


def shorten(param: str) -> str:
    """A parameter cut to the length that every MLflow store accepts, without secrets."""
    return for_mlflow(param, _PARAM_LIMIT)
