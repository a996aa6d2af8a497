"""`symbench plan`: the trial matrix, the state of each trial, and an estimate of the remaining cost."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from symbench.cli.options import OnlyOption, SuiteOptions, grouped
from symbench.errors import DataError
from symbench.words import for_terminal

if TYPE_CHECKING:
    from symbench.driver.plan import PlanRow
    from symbench.suite.blocks import Entry
    from symbench.tasks.base import Task
    from symbench.trial.resources import Resources
    from symbench.tuning.search import SearchState


@grouped
def plan(
    suite: SuiteOptions,
    only: OnlyOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Show the trials of a suite and whether they will run; start nothing."""
    show_plan(suite, only, as_json)


def show_plan(suite: SuiteOptions, only: str | None, as_json: bool) -> None:
    """Print the plan, then raise MissingExtraError if it needs a package that is not installed."""
    from symbench.driver.extras import require_extras
    from symbench.driver.plan import State

    planned = suite.recorded(only)
    rows = planned.summary()
    searched = {(block.task_label, entry.label): entry for block, entry, _ in planned.suite.searches()}
    if as_json:
        lines = [{**_as_json(row), "search": _search(searched.get((row.task, row.method)))} for row in rows]
        typer.echo(json.dumps(lines, indent=1))
        require_extras(planned)
        return
    _print_table(rows)
    _print_selections({block.task_label: block.task for block in planned.suite.blocks}, {row.task for row in rows})
    _print_fetches((block.task for block in planned.suite.blocks), suite.folder.data)
    for state in planned.searches():
        typer.echo(_announced(state))
    to_run = sum(row.to_run for row in rows)
    known = [row for row in rows if row.seconds is not None]
    waiting = sum(row.states[State.WAITING] for row in rows)
    rest = f", {waiting} waiting for searches" if waiting else ""
    typer.echo(f"{sum(row.states.total() for row in rows)} trials, {to_run} to run{rest}")
    if to_run and known:
        seconds = sum((row.seconds or 0) * row.to_run * row.resources.workers * row.resources.cpus for row in known)
        unknown = sum(row.to_run for row in rows if row.seconds is None)
        rest = f", plus {unknown} trials without a recorded time" if unknown else ""
        typer.echo(f"about {seconds / 60:.1f} CPU minutes, estimated from recorded trials{rest}")
    for (task, method), source in {(row.task, row.method): row.source for row in rows if row.source}.items():
        typer.echo(f"{method} on {task} uses {source}")
    for (task, method), reason in planned.suite.incompatibilities().items():
        typer.echo(for_terminal(f"incompatible: {method} on {task}: {reason}"))
    require_extras(planned)


def _print_selections(tasks: Mapping[str, Task], shown: Collection[str]) -> None:
    """What planning read of the user's files, and what it left out."""
    for label, task in tasks.items():
        with contextlib.suppress(DataError):  # a plan of recorded results needs no files
            selection = task.selection() if label in shown else None
            if selection is not None:
                typer.echo(for_terminal(f"data of {label}: {selection}"))


def _print_fetches(tasks: Iterable[Task], data: Path) -> None:
    """The files that a run needs and does not find in the data folder, each once."""
    for text in dict.fromkeys(text for task in tasks for text in task.to_fetch(data)):
        typer.echo(for_terminal(f"to fetch: {text}"))


def _announced(state: SearchState) -> str:
    """The progress of a search in one line."""
    search = state.search
    head = f"search of {search.method_label} on {search.task_label} ({search.settings}, N = {search.train_size})"
    if state.finished:
        return f"{head}: done"
    trials = search.settings.trials
    varied = ", ".join(f"{name} {dimension}" for name, dimension in search.space.items())
    ended = f"{len(state.results)} of {trials}" if trials else f"{state.core_seconds / 60:.1f} core minutes"
    return f"{head}: {ended} done; varies {varied}"


def _search(entry: Entry | None) -> dict[str, object] | None:
    """The search of an entry as JSON values."""
    if entry is None or entry.search is None or entry.search_state is None:
        return None
    return {
        "budget": str(entry.search.settings),
        "train_size": entry.search.train_size,
        "space": {name: str(dimension) for name, dimension in entry.search.space.items()},
        "ended": len(entry.search_state.results),
        "finished": entry.search_state.finished,
        "parameters": entry.search_state.changed,
    }


def _print_table(rows: list[PlanRow]) -> None:
    from symbench.driver.plan import State

    shown = [State.DONE, State.STALE, State.RETRY, State.MISSING]
    shown += [State.WAITING] if any(row.states[State.WAITING] for row in rows) else []
    header: tuple[str, ...] = ("task", "method", "size", "trials", *(state.value for state in shown), "each")
    requests = [_request(row.resources) for row in rows]
    header += ("requests",) if any(requests) else ()
    table = [header]
    for row, request in zip(rows, requests, strict=True):
        counts = (str(row.states[state]) for state in shown)
        each = f"{row.seconds:.1f} s" if row.seconds is not None else "?"
        line = (row.task, row.method, str(row.train_size), str(row.states.total()), *counts, each, request)
        table.append(line[: len(header)])
    widths = [max(len(line[column]) for line in table) for column in range(len(header))]
    for line in table:
        cells = [
            cell.ljust(width) if column < 2 or header[column] == "requests" else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        typer.echo("  ".join(cells).rstrip())


def _request(resources: Resources) -> str:
    """The resources that a trial requests; empty for the default of one CPU."""
    from symbench.trial.resources import Resources, describe

    usual = Resources(timeout_s=resources.timeout_s)
    return "" if resources == usual else describe(resources)


def _as_json(row: PlanRow) -> dict[str, object]:
    return {
        "track": row.track,
        "task": row.task,
        "method": row.method,
        "train_size": row.train_size,
        "states": {state.value: count for state, count in row.states.items()},
        "seconds": row.seconds,
        "cpus": row.resources.cpus,
        "gpus": row.resources.gpus,
        "memory_gib": row.resources.memory_gib,
        "custom": dict(row.resources.custom),
        "labels": dict(row.resources.labels),
        "workers": row.resources.workers,
        "timeout_s": row.resources.timeout_s,
        "uses": row.source,
    }
