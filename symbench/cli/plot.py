"""`symbench plot`: the figures of a suite's recorded trials as files for papers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symbench.cli.options import SuiteOptions, grouped


@grouped
def plot(
    suite: SuiteOptions,
    out: Annotated[Path, typer.Option("--out", help="Folder of the figures.")] = Path("figures"),
    figure: Annotated[
        list[str] | None,
        typer.Option(
            "--figure",
            help="curves, quantities, form, generators, spectra, residuals, efficiency, rejection, invariance, boost "
            "or cost; repeatable.",
            show_default="all",
        ),
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option("--task", help="Label of a task; repeatable.", show_default="all")
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(
            help="A style of matplotlib, by name or path, or cms, atlas, lhcb or alice of mplhep (extra `plots`).",
            show_default="the report's",
        ),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option("--format", help="pdf, svg, png or csv (the data); repeatable.", show_default="pdf and csv"),
    ] = None,
) -> None:
    """Draw figures of a suite from its journal, with their data, in a style of your choice."""
    from symbench.component import Track
    from symbench.errors import UnknownNameError, nearest
    from symbench.report.figures import FIGURES, pictures_of
    from symbench.report.picture import FORMATS
    from symbench.report.study import Study, SuiteFacts
    from symbench.report.style import drawing
    from symbench.report.write import write_pictures

    kinds, formats = tuple(figure or FIGURES), tuple(output or ("pdf", "csv"))
    for given, known, option in ((kinds, FIGURES, "--figure"), (formats, FORMATS, "--format")):
        for name in given:
            if name not in known:
                raise typer.BadParameter(f"{name!r}; {nearest(name, known)}", param_hint=option)
    planned = suite.recorded()
    view = planned.view()
    study = Study(SuiteFacts.of(planned.suite), view.all, view.keys)
    tasks = study.tasks(*Track)
    for name in task or ():
        if name not in tasks:
            raise UnknownNameError("task", name, tasks)
    with drawing(style):
        pictures = [p for each in tasks if not task or each in task for p in pictures_of(study, each, kinds)]
    if not pictures:
        typer.echo(f"nothing recorded for {suite.suite} can be drawn as {', '.join(kinds)}", err=True)
        raise typer.Exit(1)
    for path in write_pictures(pictures, out, formats, replace=False):
        typer.echo(f"{path}")
