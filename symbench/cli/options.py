"""Options that several verbs share, and the objects that they become."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from symbench.driver.plan import Plan
    from symbench.home import Home
    from symbench.plugins import Plugin, Trust
    from symbench.suite.resolve import Suite

SuiteArgument = Annotated[
    Path, typer.Argument(help="A YAML file, or the name of a packaged suite (`symbench suites`).", show_default=False)
]
HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of results and data.", show_default=".symbench, or $SYMBENCH_HOME"),
]
DataRootOption = Annotated[
    Path | None, typer.Option("--data-root", help="A further folder that the suite may read files from.")
]
PluginOption = Annotated[
    list[Path] | None,
    typer.Option("--plugin", help="A Python file of your own methods or tasks; repeatable."),
]
TrustOption = Annotated[
    bool,
    typer.Option("--trust-plugins", help="Allow the plug-ins that the suite names, now and until they are edited."),
]
OnlyOption = Annotated[
    str | None, typer.Option("--only", help="Only these entries: a pattern on task, method or task/method.")
]
TrackingOption = Annotated[
    str | None,
    typer.Option("--tracking-uri", envvar="MLFLOW_TRACKING_URI", help="MLflow store.", show_default="SQLite in --home"),
]
JournalOption = Annotated[
    str | None,
    typer.Option(
        "--journal",
        envvar="SYMBENCH_JOURNAL",
        help="Where results are recorded: a .jsonl file, a folder, or the URL of one (s3://, gs://, ...).",
        show_default="inside --home",
    ),
]


def open_home(path: Path | None) -> Home:
    """The folder of results."""
    from symbench.home import Home

    return Home(path.absolute()) if path else Home.default()


def open_plugins(paths: list[Path] | None) -> list[Plugin]:
    """Read and load plug-ins, before the suite, which uses the names that they register."""
    if not paths:
        return []
    from symbench.plugins import load_plugins, read_plugin

    plugins = [read_plugin(path) for path in paths]
    load_plugins(plugins)
    return plugins


def trust_of(home: Path | None, everything: bool, named: Sequence[Plugin] = ()) -> Trust:
    """What the user allows the suite's plug-ins to do; the remedy in an error is this command with one more option."""
    from symbench.plugins import Trust

    command = shlex.join(["symbench", *sys.argv[1:], "--trust-plugins"])
    return Trust(open_home(home), everything, tuple(named), command)


def open_suite(
    path: Path, data_root: Path | None, home: Path | None, trust_plugins: bool, plugins: Sequence[Plugin] = ()
) -> Suite:
    """Read and check a suite, given by its file or by the name of a packaged one, after `plugins` were loaded."""
    from symbench.suite.packaged import locate
    from symbench.suite.resolve import load_suite

    return load_suite(locate(path), data_root=data_root, trust=trust_of(home, trust_plugins, plugins))


def open_recorded(
    path: Path,
    home: Path | None,
    data_root: Path | None,
    plugins: list[Path] | None,
    trust_plugins: bool,
    journal: str | None = None,
    only: str | None = None,
) -> Plan:
    """A suite compared with its journal, for the verbs that only read; the data themselves may be missing."""
    from symbench.driver.recorded import recorded_plan
    from symbench.suite.packaged import locate
    from symbench.suite.source import read_source

    file = locate(path)
    trust = trust_of(home, trust_plugins, open_plugins(plugins))
    return recorded_plan(
        read_source(file),
        file.resolve().parent,
        open_home(home),
        data_root=data_root,
        journal_at=journal,
        only=only,
        trust=trust,
    )
