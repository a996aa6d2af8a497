"""`symbench leaderboard`: the scores of a suite's recorded trials."""

from __future__ import annotations

import gc
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from symbench.cli.options import SuiteOptions, grouped

if TYPE_CHECKING:
    from symbench.leaderboard import LeaderboardRow


@grouped
def leaderboard(
    suite: SuiteOptions,
    output: Annotated[str, typer.Option("--format", help="table, markdown, latex (booktabs), csv or json.")] = "table",
    section: Annotated[
        str | None,
        typer.Option(
            help="scores, false-discoveries (claims on controls), events-needed (to find a symmetry reliably), "
            "calibration (of counting rules), cost (operations, speed, time and memory), tuning (results of recipe "
            "searches) or metrics (every metric, one line each).",
            show_default="all but metrics; scores for csv and json",
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(help="Order the rows of each table of scores by this metric, best first.", show_default="by rank"),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            help="Metrics beside the score, by name and separated by commas, as in recall,defect_max.",
            show_default="those of the track",
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
    if (sort or columns) and section not in (None, "scores"):
        raise typer.BadParameter("--sort and --columns are for the scores", param_hint="--section")
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
    if sort or columns:
        _print_scores(ranked.rows(), output, sort, [name for name in (columns or "").split(",") if name])
        return
    names = [section] if section else ["scores"] if is_data else [name for name in SECTIONS if name != "metrics"]
    width = shutil.get_terminal_size((140, 24)).columns
    for name in names:
        text = SECTIONS[name].text(ranked, output, width=width)
        if text or (section and is_data):
            typer.echo(text)
        elif section:
            typer.echo(f"nothing recorded for {suite.suite} belongs to {section} ({SECTIONS[name].summary})", err=True)


def _print_scores(rows: list[LeaderboardRow], output: str, sort: str | None, columns: list[str]) -> None:
    """The scores with these columns, in this order."""
    from symbench.leaderboard.frames import score_frame
    from symbench.leaderboard.order import known_metrics, sorted_rows
    from symbench.leaderboard.scores import score_tables
    from symbench.leaderboard.sections import SECTIONS, rendered

    known_metrics(rows, [*columns, *([sort] if sort else [])])
    ordered = sorted_rows(rows, sort) if sort else rows
    chosen = replace(
        SECTIONS["scores"],
        tables=lambda rows: score_tables(rows, columns or None),
        frame=lambda rows: score_frame(rows, columns),
    )
    width = max(100, shutil.get_terminal_size((140, 24)).columns)
    typer.echo(rendered(chosen, ordered, output, width=width))
