"""`symbench export`: the recorded results of a suite as a folder for others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symbench.cli.options import SuiteOptions, grouped


@grouped
def export(
    suite: SuiteOptions,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new folder, or an earlier export.", show_default=False)
    ],
) -> None:
    """Pack suite, journal, report and provenance into a folder, without data, secrets and paths of this machine."""
    from symbench.sharing.export import export as pack

    written = pack(suite.recorded(), folder, suite.plugins)
    size = sum(written.files.values())
    typer.echo(f"{written.folder}: {written.results} results, {len(written.files)} files, {size / 1024:,.0f} KiB")
    typer.echo(f"read it with `symbench leaderboard {written.folder}`")
