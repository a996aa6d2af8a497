"""`symbench init`: a folder with a suite of your own as a starting point."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")]) -> None:
    """Write a commented suite, a data sample and a method of your own into a new folder."""
    from symbench.starter.create import README, create

    try:
        for file in create(folder):
            typer.echo(str(file))
    except OSError as error:
        raise typer.BadParameter(f"{error.filename}: {error.strerror}", param_hint="DIR") from error
    typer.echo(f"{folder / README} explains the commands")
