"""Hyperparameter searches as a table: tuned entries, budgets and results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from symbench.component import FrozenModel
from symbench.leaderboard.table import NOTHING, Line, Table
from symbench.suite.blocks import CheckedSuite
from symbench.trial.result import Status, TrialResult
from symbench.tuning.search import LOSS, STOPPED, SearchState


class TuningRow(FrozenModel):
    """The search of one entry. Losses are cross-entropies on validation events; searches use no test events."""

    task: str
    method: str
    search: str = Field(description="search algorithm and budget")
    train_size: int
    finished: bool
    ended: int = Field(description="configurations that ended, with any status")
    stopped: int = Field(description="of these, those that were stopped early")
    failed: int = Field(description="of these, those that failed")
    core_minutes: float = Field(description="CPUs times minutes over all of them")
    recipe_loss: float | None = Field(description="validation loss of the default recipe")
    loss: float | None = Field(description="validation loss of the winner")
    configuration: int | None = Field(description="index of the winner; configuration 0 is the default recipe")
    parameters: dict[str, Any] = Field(description="the searched parameters with the winner's values")


def tuning_rows(suite: CheckedSuite) -> list[TuningRow]:
    """One row for each tuned entry, in the order of the suite, which must have been compared with its journal."""
    return [
        _row(block.task_label, entry.label, entry.search_state)
        for block, entry, _ in suite.searches()
        if entry.search_state is not None
    ]


def _row(task: str, method: str, state: SearchState) -> TuningRow:
    results, winner = state.results, state.winner
    return TuningRow(
        task=task,
        method=method,
        search=str(state.search.settings),
        train_size=state.search.train_size,
        finished=state.finished,
        ended=len(results),
        stopped=sum(STOPPED in result.notes for result in results.values()),
        failed=sum(result.status is not Status.OK for result in results.values()),
        core_minutes=state.core_seconds / 60,
        recipe_loss=_loss(results.get(0)),
        loss=_loss(winner),
        configuration=winner.spec.configuration.index if winner and winner.spec.configuration else None,
        parameters=state.changed,
    )


def _loss(result: TrialResult | None) -> float | None:
    return result.metrics.get(LOSS) if result is not None and result.status is Status.OK else None


def tuning_table(rows: Sequence[TuningRow]) -> Table:
    """The searches as a table of text."""
    heads = ("task", "method", "N", "search", "ended", "stopped", "failed", "core min", "default loss", "tuned loss")
    lines = tuple(Line(tuple(_cells(row))) for row in rows)
    words = ("task", "method", "search", "parameters")
    return Table("Searches, by validation loss", (*heads, "parameters"), lines, words)


def _cells(row: TuningRow) -> Iterator[str]:
    yield from (row.task, row.method, f"{row.train_size:,}", row.search)
    yield from (str(row.ended), str(row.stopped), str(row.failed), f"{row.core_minutes:.1f}")
    for loss in (row.recipe_loss, row.loss):
        yield NOTHING if loss is None else f"{loss:.4f}"
    yield verdict(row)


def verdict(row: TuningRow) -> str:
    """The parameters that the trials of the entry use, as text."""
    if not row.finished:
        return "waiting: the search has not finished"
    if row.configuration is None:
        return "the default recipe: no configuration ended ok"
    values = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in row.parameters.items()
    )
    return f"the default recipe: {values}" if row.configuration == 0 else values
