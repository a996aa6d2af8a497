"""`symbench data`: the data sets of the tasks; making and fetching them before a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symbench.cli.options import (
    DataRootOption,
    HomeOption,
    SuiteArgument,
    TrustOption,
    open_home,
    open_suite,
    open_tasks,
    trust_of,
)
from symbench.words import for_terminal

app = typer.Typer(help="The data sets of the tasks: list, make or fetch them.", no_args_is_help=True)


@app.command("list")
def list_data(suite: SuiteArgument, home: HomeOption = None, trust_plugins: TrustOption = False) -> None:
    """Show the data sets of a suite: events for training, validation and test, and the digest of the data."""
    for block in open_suite(suite, None, trust_of(home, trust_plugins, [])).blocks:
        sizes = block.task.sizes()
        typer.echo(
            f"{block.task_label}: {sizes.train} training, {sizes.validation} validation and {sizes.test} test events, "
            f"digest {block.task.digest[:16]}"
        )


@app.command("make")
def make(
    name: Annotated[str, typer.Argument(help="A suite, or the name of a task (with its default parameters).")],
    cpus: Annotated[int | None, typer.Option(min=1, help="Number of CPUs to use.", show_default="all")] = None,
    home: HomeOption = None,
    data_root: DataRootOption = None,
    trust_plugins: TrustOption = False,
) -> None:
    """Make data sets now and store them, so that a run can use them at once."""
    from symbench.executors import make_executor
    from symbench.tasks.base import DataContext

    tasks = open_tasks(name, data_root, trust_of(home, trust_plugins, []))
    folder = open_home(home).data
    with make_executor("ray", cpus=cpus) as executor:
        for label, task in tasks:
            data = task.load(DataContext(folder, executor.fan_out))
            origin = data.provenance
            facts = (origin.source, origin.record, origin.selection, f"licence {origin.licence}")
            typer.echo(for_terminal("; ".join([f"{label}: {len(data)} events", *filter(None, facts)])))
            for note in origin.notes:
                typer.echo(f"  {for_terminal(note)}")


@app.command("fetch")
def fetch(
    name: Annotated[
        str,
        typer.Argument(
            help="A file of CERN Open Data, a task that reads some, a public record of jets (top-tagging-reference, "
            "jetclass, energyflow-quark-gluon), RECORD/FILE, or the address of a file of your own, such as "
            "https://host/file.root or root://host//file.root."
        ),
    ],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Copy it from this file, or from the folder that contains it.",
            show_default="CERN or the record",
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Folder for the file of an address.", show_default="the working directory"),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Fetch recorded events or public jets into the home's data folder, and verify their checksums."""
    from symbench.data.cms.open_data import named
    from symbench.data.public import fetch as public
    from symbench.data.public.address import fetch_address, is_address
    from symbench.data.public.files import RECORDS
    from symbench.errors import DataError

    if is_address(name):
        path, digest = fetch_address(name, to or Path())
        typer.echo(f"{path}: SHA-256 {digest}")
        return
    data = open_home(home).data
    if name.partition("/")[0] in RECORDS:
        _fetch_public(name, source, data)
        return
    failed: list[str] = []
    for file in named(name):
        try:
            remote = file.download(data)
            path = public.fetch(remote) if source is None else public.put(remote, source)
        except DataError as error:  # go on: the other files of the task may be available
            failed.append(str(error))
        else:
            typer.echo(f"{path}: {file.rows:,} events, {file.what}; {file.page}")
    if failed:
        raise DataError("\n".join(failed))


def _fetch_public(name: str, source: Path | None, data: Path) -> None:
    """All files of a record, or one; a file that fails does not stop the others."""
    from symbench.data.public import fetch as public
    from symbench.data.public.files import RECORDS
    from symbench.errors import DataError, UnknownNameError

    record = RECORDS[name.partition("/")[0]]
    file_name = name.partition("/")[2]
    files = [file for file in record.files if file_name in ("", file.name)]
    if not files:
        raise UnknownNameError(f"file of {record.name}", file_name, [file.name for file in record.files])
    failed: list[str] = []
    for file in files:
        try:
            remote = record.download(file, data)
            path = public.fetch(remote) if source is None else public.put(remote, source)
        except DataError as error:  # go on: the other files of the record may be available
            failed.append(str(error))
        else:
            typer.echo(f"{path}: {record.what}; {record.page}; licence {record.licence}")
    if record.unpack and len(failed) < len(files):
        typer.echo(record.unpack)
    if failed:
        raise DataError("\n".join(failed))
