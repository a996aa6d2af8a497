"""Options that several verbs share, as records: `grouped` turns each field of a record into an option."""

from __future__ import annotations

import functools
import inspect
import shlex
import sys
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from symbench.driver.plan import Plan
    from symbench.home import Home
    from symbench.journal.location import JournalLocation
    from symbench.plugins import Plugin, Trust
    from symbench.suite.blocks import CheckedSuite
    from symbench.tasks.base import Task

SuiteArgument = Annotated[
    Path,
    typer.Argument(
        help="A YAML file, the name of a packaged suite (`symbench suites`), or an export.", show_default=False
    ),
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
    typer.Option("--plugin", help="A Python file with your own methods or tasks; repeatable."),
]
TrustOption = Annotated[
    bool,
    typer.Option("--trust-plugins", help="Allow the plug-ins of the suite to run, until their files change."),
]
OnlyOption = Annotated[
    str | None, typer.Option("--only", help="Only entries that match this pattern on task, method or task/method.")
]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Run everything again, including recorded trials.")]
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


@dataclass(frozen=True)
class SuiteOptions:
    """The suite, the files and plug-ins that it may use, and the location of its results."""

    suite: SuiteArgument
    home: HomeOption = None
    journal: JournalOption = None
    data_root: DataRootOption = None
    plugin: PluginOption = None
    trust_plugins: TrustOption = False

    @property
    def folder(self) -> Home:
        """The folder of results."""
        return open_home(self.home)

    @functools.cached_property
    def plugins(self) -> list[Plugin]:
        """The plug-ins that the command line names, loaded."""
        return open_plugins(self.plugin)

    def checked(self) -> CheckedSuite:
        """The suite, read and checked; its data must exist."""
        return open_suite(self.suite, self.data_root, self.trust())

    def recorded(self, only: str | None = None) -> Plan:
        """The suite compared with its journal, for verbs that only read; its data may be missing."""
        from symbench.driver.recorded import recorded_plan
        from symbench.suite.packaged import locate
        from symbench.suite.source import read_source

        file = locate(self.suite)
        return recorded_plan(
            read_source(file),
            file.resolve().parent,
            self.folder,
            data_root=self.data_root,
            journal_at=self._journal_at,
            only=only,
            trust=self.trust(),
        )

    @property
    def _journal_at(self) -> str | None:
        """`--journal`, or the journal of an export."""
        exported = self.suite / "journal.jsonl"
        return str(exported) if self.journal is None and exported.is_file() else self.journal

    def location(self, name: str) -> JournalLocation:
        """The location of the journal of a suite, by the suite's name."""
        from symbench.journal.location import JournalLocation

        return JournalLocation.of(self._journal_at, self.folder, name)

    def trust(self) -> Trust:
        """The plug-ins of the suite that may be executed."""
        return trust_of(self.home, self.trust_plugins, self.plugins)


def grouped(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb with each parameter that is a dataclass of options replaced by the options themselves.

    Typer makes an option of every parameter of a function. A record of options keeps functions short, and options are
    the same for all verbs.
    """
    hints = get_type_hints(verb, include_extras=True)
    records = {name: hint for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(verb).parameters.items():
        if name in records:
            parameters += _parameters(records[name])
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[name]))

    @functools.wraps(verb)
    def spread(**values: Any) -> None:
        for name, record in records.items():
            values[name] = record(**{field.name: values.pop(field.name) for field in fields(record)})
        verb(**values)

    spread.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    spread.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return spread


def _parameters(record: type[Any]) -> list[inspect.Parameter]:
    """A keyword parameter for each field of a record of options."""
    hints = get_type_hints(record, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(record)
    ]


def open_home(path: Path | None) -> Home:
    """The folder of results."""
    from symbench.home import Home

    return Home(path.absolute()) if path else Home.default()


def open_plugins(paths: list[Path] | None) -> list[Plugin]:
    """Read and load plug-ins. Call it before reading the suite, which uses the names that they register."""
    if not paths:
        return []
    from symbench.plugins import load_plugins, read_plugin

    plugins = [read_plugin(path) for path in paths]
    load_plugins(plugins)
    return plugins


def trust_of(home: Path | None, everything: bool, named: list[Plugin]) -> Trust:
    """The plug-ins of a suite that may be executed; errors suggest this command with `--trust-plugins`."""
    from symbench.plugins import Trust

    command = shlex.join(["symbench", *sys.argv[1:], "--trust-plugins"])
    return Trust(open_home(home), everything, tuple(named), command)


def open_tasks(name: str, data_root: Path | None, trust: Trust) -> list[tuple[str, Task]]:
    """The tasks of a suite with their labels, one for each data set; or the task of this name with its defaults."""
    from symbench import registry
    from symbench.suite import packaged

    if name.endswith((".yaml", ".yml")) or name in packaged.files():
        blocks = open_suite(Path(name), data_root, trust).blocks
        return list({block.data_digest: (block.task_label, block.task) for block in blocks}.values())
    return [(name, registry.find_task(name)())]


def open_suite(path: Path, data_root: Path | None, trust: Trust) -> CheckedSuite:
    """Read and check a suite by its path, or by the name of a packaged suite."""
    from symbench.suite.packaged import locate
    from symbench.suite.resolve import load_suite

    return load_suite(locate(path), data_root=data_root, trust=trust)
