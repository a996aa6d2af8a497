"""`symbench suites`: the packaged suites, to run by name or to copy as a starting point."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def suites(
    name: Annotated[
        str | None, typer.Argument(help="A name, to print its YAML for copying.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the packaged suites, or print one; `symbench run NAME` runs it."""
    from symbench.suite import packaged

    if name is not None:
        typer.echo(packaged.path_of(name).read_text(encoding="utf-8"), nl=False)
        return
    from symbench.suite.resolve import load_suite

    loaded = {each: load_suite(path) for each, path in packaged.files().items()}
    if as_json:
        rows = [
            {"name": each, "description": suite.description, "trials": len(suite), "file": suite.file}
            for each, suite in loaded.items()
        ]
        typer.echo(json.dumps(rows, indent=1))
        return
    width = max(map(len, loaded), default=0)
    for each, suite in loaded.items():
        typer.echo(f"{each.ljust(width)}  {len(suite):6,} trials  {' '.join(suite.description.split())}")
    typer.echo("`symbench run NAME` runs one, `symbench suites NAME` prints its YAML.")
