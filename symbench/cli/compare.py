"""`symbench compare`: two sets of results, entry by entry."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer

from symbench.cli.options import HomeOption, PluginOption, open_home, open_plugins


def compare(
    one: Annotated[
        str,
        typer.Argument(
            metavar="A", help="A journal, the folder of a run or an export, or a suite.", show_default=False
        ),
    ],
    other: Annotated[
        str | None,
        typer.Argument(metavar="[B]", help="The same; by default the stale results of A.", show_default=False),
    ] = None,
    metric: Annotated[str | None, typer.Option(help="The metric to compare.", show_default="the track's score")] = None,
    output: Annotated[str, typer.Option("--format", help="table, markdown, csv or json.")] = "table",
    home: HomeOption = None,
    plugin: PluginOption = None,
) -> None:
    """Compare scores seed by seed: A minus B with intervals, and what changed in the keys of the trials."""
    from symbench.api.comparison import two_sets
    from symbench.errors import nearest
    from symbench.leaderboard.comparison import (
        compare_results,
        comparison_frame,
        comparison_tables,
        environment_changes,
    )
    from symbench.leaderboard.sections import FORMATS
    from symbench.leaderboard.table import markdown, terminal
    from symbench.words import for_csv

    if output not in FORMATS:
        raise typer.BadParameter(f"{output!r}; {nearest(output, FORMATS)}", param_hint="--format")
    open_plugins(plugin)
    first, second = two_sets(one, other, open_home(home))
    rows = compare_results(first, second, metric)
    if output == "json":
        typer.echo(json.dumps([row.model_dump(mode="json") for row in rows], indent=1, allow_nan=False))
        return
    if not rows:
        typer.echo("no entry of either has a value", err=True)
        raise typer.Exit(1)
    if output == "csv":
        typer.echo(for_csv(comparison_frame(rows)))
        return
    changes = environment_changes(first, second)
    notes = [f"Environment: {'; '.join(changes)}."] if changes else []
    tables = comparison_tables(rows, ("A", "B" if other is not None else "stale"), notes)
    width = max(100, shutil.get_terminal_size((140, 24)).columns)
    typer.echo(markdown(tables) if output == "markdown" else terminal(tables, width=width))
    typer.echo(f"A  {_name(one)}\nB  {_name(other) if other is not None else 'its stale results'}")


def _name(place: str) -> str:
    return str(Path(place)) if Path(place).exists() else place
