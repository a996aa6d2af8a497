"""`symbench leaderboard`: the scores of a suite's recorded trials."""

from __future__ import annotations

from typing import Annotated

import typer

from symbench.cli.options import DataRootOption, HomeOption, JournalOption, PluginOption, SuiteArgument, open_recorded


def leaderboard(
    suite: SuiteArgument,
    output: Annotated[str, typer.Option("--format", help="table, markdown, csv or json.")] = "table",
    home: HomeOption = None,
    data_root: DataRootOption = None,
    plugin: PluginOption = None,
    journal: JournalOption = None,
) -> None:
    """Print the leaderboard of a suite from its journal."""
    from symbench.errors import nearest
    from symbench.leaderboard import FORMATS, render
    from symbench.leaderboard import leaderboard as rank

    if output not in FORMATS:
        raise typer.BadParameter(f"{output!r}; {nearest(output, FORMATS)}", param_hint="--format")
    seen = open_recorded(suite, home, data_root, plugin, journal).view()
    results = [*seen.results, *seen.stale]
    if not results:
        typer.echo(f"nothing is recorded for {suite}: `symbench run {suite}` first", err=True)
        raise typer.Exit(1)
    typer.echo(render(rank(results, current_keys=seen.keys), output))
