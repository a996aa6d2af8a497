"""`symbench leaderboard`: the scores of a suite's recorded trials."""

from __future__ import annotations

import gc
import shutil
from typing import Annotated

import typer

from symbench.cli.options import SuiteOptions, grouped


@grouped
def leaderboard(
    suite: SuiteOptions,
    output: Annotated[str, typer.Option("--format", help="table, markdown, csv or json.")] = "table",
    section: Annotated[
        str | None,
        typer.Option(
            help="scores, false-discoveries (claims on controls), events-needed (to find a symmetry reliably), "
            "calibration (of counting rules), cost (operations, speed, time and memory), tuning (results of recipe "
            "searches) or metrics (every metric, one line each).",
            show_default="all but metrics; scores for csv and json",
        ),
    ] = None,
) -> None:
    """Print the leaderboard of a suite from its journal."""
    from symbench.errors import nearest
    from symbench.leaderboard.sections import FORMATS, SECTIONS, RankedResults

    if output not in FORMATS:
        raise typer.BadParameter(f"{output!r}; {nearest(output, FORMATS)}", param_hint="--format")
    if section is not None and section not in SECTIONS:
        raise typer.BadParameter(f"{section!r}; {nearest(section, SECTIONS)}", param_hint="--section")
    planned = suite.recorded()
    view = planned.view()
    gc.freeze()  # the results live until the process ends: exclude them from garbage collection
    ranked = RankedResults(planned.suite, view.all, view.keys)
    if not ranked.results and section != "tuning":
        from symbench.leaderboard.tuning import tuning_rows, verdict

        for row in tuning_rows(planned.suite):
            typer.echo(f"{row.method} on {row.task} is tuned ({row.search}): {verdict(row)}", err=True)
        typer.echo(f"nothing is recorded for {suite.suite}: `symbench run {suite.suite}` first", err=True)
        raise typer.Exit(1)
    is_data = output in ("csv", "json")  # one table, so that a program can read it
    names = [section] if section else ["scores"] if is_data else [name for name in SECTIONS if name != "metrics"]
    width = max(100, shutil.get_terminal_size((140, 24)).columns)
    for name in names:
        text = SECTIONS[name].text(ranked, output, width=width)
        if text or section:
            typer.echo(text)
