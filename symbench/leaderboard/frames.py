"""Rows of every kind as pandas tables: few well-named columns, or all metrics as one tidy long table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from symbench.leaderboard.cost import COSTS, CostRow
from symbench.leaderboard.discovery import EventsNeededRow, FalseDiscoveryRow
from symbench.leaderboard.rows import LeaderboardRow
from symbench.leaderboard.tuning import TuningRow
from symbench.metrics.catalog import metric
from symbench.stats.curves import Bound
from symbench.trial.result import TrialResult

if TYPE_CHECKING:
    import pandas as pd

EVERY_CONTROL = "all controls"


def score_frame(rows: Sequence[LeaderboardRow], columns: Iterable[str] = ()) -> pd.DataFrame:
    """The leaderboard: one row for each task, training size and method, in the order of rank.

    columns   names of further metrics, shown as means over seeds
    """
    return _frame(
        {
            "track": row.track.value,
            "task": row.task,
            "train_size": row.train_size,
            "tier": row.tier,
            "method": row.method,
            "metric": metric(row.score_name).title,
            "score": row.score.mean if row.score else None,
            "low": row.score.low if row.score else None,
            "high": row.score.high if row.score else None,
            "seeds": row.seeds_ok,
            "not_ok": sum(row.statuses.values()) - row.seeds_ok,
            "stale": row.stale,
            "reference": row.bound,
            "algebra": row.algebra_text,
            "above_random": row.above_random,
            "shared_events": row.shared_events,
            "algebra_votes": row.algebra_votes if row.algebra else None,
            **{name: row.metrics[name].mean if name in row.metrics else None for name in columns},
        }
        for row in rows
    ).astype({"tier": "Int64", "algebra_votes": "Int64"} if rows else {})


def metric_frame(rows: Sequence[LeaderboardRow]) -> pd.DataFrame:
    """Every metric of every leaderboard row in a row of its own: mean, 95 % interval, median, number of seeds."""
    return _frame(
        {
            "track": row.track.value,
            "task": row.task,
            "method": row.method,
            "train_size": row.train_size,
            "metric": name,
            "mean": value.mean,
            "low": value.low,
            "high": value.high,
            "median": value.median,
            "seeds": value.n,
        }
        for row in rows
        for name, value in row.metrics.items()
    )


def trial_frame(results: Iterable[TrialResult]) -> pd.DataFrame:
    """One row for each trial: its labels, its status, and its metrics as columns."""
    return _frame(
        {
            "key": result.key,
            "track": result.spec.track.value,
            "task": result.spec.task_label,
            "method": result.spec.method_label,
            "train_size": result.spec.train_size,
            "seed": result.spec.seed,
            "status": result.status.value,
            "seconds": result.timings.get("total"),
            "error": f"{result.error.type}: {result.error.message}" if result.error else None,
            **result.metrics,
        }
        for result in results
    )


def false_discovery_frame(rows: Sequence[FalseDiscoveryRow]) -> pd.DataFrame:
    """Claims on controls, with the exact binomial interval of their rate."""
    return _frame(
        {
            "track": row.track.value,
            "control": row.task or EVERY_CONTROL,
            "method": row.method,
            "train_size": row.train_size,
            "tasks": row.tasks,
            "claims": row.claims.successes,
            "trials": row.claims.trials,
            "rate": row.claims.value,
            "rate_low": row.claims.low,
            "rate_high": row.claims.high,
            "rate_limit": row.limit,
            "not_learnt": row.not_learnt,
            "failed": row.failed,
            "reference": row.bound,
        }
        for row in rows
    ).astype({"train_size": "Int64"} if rows else {})


def events_needed_frame(rows: Sequence[EventsNeededRow]) -> pd.DataFrame:
    """Events needed to find a symmetry reliably; a censored number has a value and a relation."""

    def parts(name: str, bound: Bound) -> dict[str, object]:
        return {name: bound.value, f"{name}_relation": bound.relation}

    return _frame(
        {
            "track": row.track.value,
            "task": row.task,
            "method": row.method,
            **parts("events", row.size),
            **parts("events_low", row.size_low),
            **parts("events_high", row.size_high),
            "seeds": "; ".join(f"{size}: {s.successes}/{s.trials}" for size, s in row.found.items()),
            "reference": row.bound,
        }
        for row in rows
    )


def cost_frame(rows: Sequence[CostRow]) -> pd.DataFrame:
    """Mean cost of a trial at the largest training size of its task."""
    return _frame(
        {
            "track": row.track.value,
            "task": row.task,
            "method": row.method,
            "train_size": row.train_size,
            "reference": row.bound,
            **{name: row.costs.get(name) for name in COSTS},
        }
        for row in rows
    )


def tuning_frame(rows: Sequence[TuningRow]) -> pd.DataFrame:
    """Searches, with the parameters of each winner as JSON."""
    dumped = (row.model_dump(mode="json") for row in rows)
    return _frame({**row, "parameters": json.dumps(row["parameters"])} for row in dumped)


def _frame(records: Iterable[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame.from_records(list(records))
