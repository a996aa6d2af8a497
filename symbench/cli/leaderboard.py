"""`symbench leaderboard`: the scores of a suite's recorded trials."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Annotated

import typer

from symbench.cli.options import DataRootOption, HomeOption, JournalOption, PluginOption, SuiteArgument, open_recorded

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from symbench.leaderboard.tuning import TuningRow
    from symbench.trial.result import TrialResult

SECTIONS = ("scores", "false-discoveries", "events-needed", "cost", "tuning")


def leaderboard(
    suite: SuiteArgument,
    output: Annotated[str, typer.Option("--format", help="table, markdown, csv or json.")] = "table",
    section: Annotated[
        str | None,
        typer.Option(
            help="scores, false-discoveries (of discovery on controls), events-needed (to find a symmetry reliably), "
            "cost (operations, speed, time and memory) or tuning (what searches of recipes found).",
            show_default="all of them; scores for csv and json",
        ),
    ] = None,
    home: HomeOption = None,
    data_root: DataRootOption = None,
    plugin: PluginOption = None,
    journal: JournalOption = None,
) -> None:
    """Print the leaderboard of a suite from its journal."""
    from symbench.errors import nearest
    from symbench.leaderboard import FORMATS
    from symbench.leaderboard.tuning import tuning_rows, verdict

    if output not in FORMATS:
        raise typer.BadParameter(f"{output!r}; {nearest(output, FORMATS)}", param_hint="--format")
    if section is not None and section not in SECTIONS:
        raise typer.BadParameter(f"{section!r}; {nearest(section, SECTIONS)}", param_hint="--section")
    planned = open_recorded(suite, home, data_root, plugin, journal)
    seen = planned.view()
    gc.freeze()  # what was read stays to the end: the collector need not go through it again and again
    results = [*seen.results, *seen.stale]
    searched = tuning_rows(planned.suite)
    if not results and not (searched and section == "tuning"):
        for row in searched:
            typer.echo(f"{row.method} on {row.task} is tuned ({row.search}): {verdict(row)}", err=True)
        typer.echo(f"nothing is recorded for {suite}: `symbench run {suite}` first", err=True)
        raise typer.Exit(1)
    plain = output in ("csv", "json")  # one table, so that a program can read it
    for shown in (section,) if section else SECTIONS[:1] if plain else SECTIONS:
        text = _tuning(searched, output) if shown == "tuning" else _section(shown, results, seen.keys, output)
        if text or section:
            typer.echo(text)


def _tuning(rows: Sequence[TuningRow], output: str) -> str:
    from symbench.leaderboard.discovery_render import render_tables
    from symbench.leaderboard.tuning import render_tuning, tuning_table

    if output in ("csv", "json"):
        return render_tuning(rows, output)
    return render_tables([tuning_table(rows)], output) if rows else ""


def _section(name: str, results: Sequence[TrialResult], keys: Collection[str] | None, output: str) -> str:
    from symbench.component import Track
    from symbench.leaderboard import cost, discovery, discovery_render, render
    from symbench.leaderboard import leaderboard as rank

    if name == "scores":
        return render(rank(results, current_keys=keys), output)
    if name == "cost":
        spent = cost.costs(rank(results, current_keys=keys))
        if output in ("csv", "json"):
            return cost.render_costs(spent, output)
        tables = cost.cost_tables(spent)
        return discovery_render.render_tables(tables, output) if tables else ""
    if name == "false-discoveries":
        claims = discovery.false_discoveries(results, keys)
        if output in ("csv", "json"):
            return discovery_render.render_rows(claims, output)
        by_track = [[row for row in claims if row.track is track] for track in Track]
        made = [discovery_render.false_discovery_table(rows) for rows in by_track if rows]
    else:
        needed = discovery.events_needed(results, keys)
        if output in ("csv", "json"):
            return discovery_render.render_rows(needed, output)
        of_track = [[row for row in needed if row.track is track] for track in Track]
        made = [discovery_render.events_needed_table(rows) for rows in of_track if rows]
    return discovery_render.render_tables(made, output) if made else ""
