"""`symbench report`: the page of a suite's recorded trials."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symbench.cli.options import SuiteOptions, grouped


@grouped
def report(
    suite: SuiteOptions,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the report.", show_default="inside --home")
    ] = None,
) -> None:
    """Write a self-contained HTML page, and Markdown with figures, from the journal."""
    planned = suite.recorded()
    view = planned.view()
    if not view.results:
        what = "only stale results are" if view.stale else "nothing is"
        typer.echo(f"{what} recorded for {suite.suite}: `symbench run {suite.suite}` first", err=True)
        raise typer.Exit(1)
    from symbench.report import write_report
    from symbench.report.identity import report_identity

    folder = out or suite.folder.report(planned.suite.name)
    identity = report_identity(planned.suite.text, view.digest)
    written = write_report(planned.suite, view.all, folder, current_keys=view.keys, identity=identity)
    typer.echo(f"report   {written.html}\nmarkdown {written.markdown}")
