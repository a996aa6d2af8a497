"""`symbench report`: the page of a suite's recorded trials."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symbench.cli.options import (
    DataRootOption,
    HomeOption,
    JournalOption,
    PluginOption,
    SuiteArgument,
    TrustOption,
    open_home,
    open_recorded,
)


def report(
    suite: SuiteArgument,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the report.", show_default="inside --home")
    ] = None,
    home: HomeOption = None,
    data_root: DataRootOption = None,
    plugin: PluginOption = None,
    trust_plugins: TrustOption = False,
    journal: JournalOption = None,
) -> None:
    """Write a self-contained HTML page, and Markdown with figures, from the journal."""
    planned = open_recorded(suite, home, data_root, plugin, trust_plugins, journal)
    seen = planned.view()
    if not seen.results:
        typer.echo(f"nothing is recorded for {suite}: `symbench run {suite}` first", err=True)
        raise typer.Exit(1)
    from symbench.report import write_report
    from symbench.report.identity import report_identity

    folder = out or open_home(home).report(planned.suite.name)
    identity = report_identity(planned.suite.text, seen.digest)
    written = write_report(planned.suite, seen.all, folder, current_keys=seen.keys, identity=identity)
    typer.echo(f"report   {written.html}\nmarkdown {written.markdown}")
