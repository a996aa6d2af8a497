"""Suites in Python: load, plan, run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from symbench.api.results import Results
from symbench.driver.plan import Plan
from symbench.driver.recorded import recorded_plan
from symbench.errors import Problem, SuiteError, nearest
from symbench.home import Home
from symbench.plugins import Plugin, Trust, load_plugins, read_plugin
from symbench.sharing.export import JOURNAL, export, is_export
from symbench.suite.packaged import locate
from symbench.suite.resolve import resolve_source
from symbench.suite.source import SuiteSource, parse_source, read_source

if TYPE_CHECKING:
    import pandas as pd


class Suite:
    """A checked suite: its trials, ready to run, and their results in a home folder.

    Made by `load_suite` or `parse_suite`.
    """

    def __init__(
        self,
        source: SuiteSource,
        folder: Path,
        data_root: Path | None = None,
        plugins: Sequence[Plugin] = (),
        trust_plugins: bool = False,
    ) -> None:
        self._source, self._folder, self._data_root, self._plugins = source, folder, data_root, tuple(plugins)
        trust = Trust(everything=trust_plugins, named=self._plugins)
        self._checked = resolve_source(source, folder, data_root=data_root, trust=trust)

    @property
    def name(self) -> str:
        """The name that results are kept under."""
        return self._checked.name

    @property
    def description(self) -> str:
        """The suite's own description."""
        return self._checked.description

    @property
    def text(self) -> str:
        """The YAML text."""
        return self._checked.text

    def __len__(self) -> int:
        """The number of trials."""
        return len(self._checked)

    def __repr__(self) -> str:
        return f"Suite({self.name!r}, {len(self)} trials)"

    def plan(self, *, home: str | Path | None = None, only: str | None = None) -> pd.DataFrame:
        """One line for each task, method and training size: how many trials are done, stale, to be retried, missing.

        Raises UnknownNameError if `only` matches no entry.
        """
        import pandas as pd

        from symbench.driver.plan import State

        rows = self._planned(home, only).summary()
        return pd.DataFrame.from_records(
            [
                {
                    "track": row.track,
                    "task": row.task,
                    "method": row.method,
                    "train_size": row.train_size,
                    **{state.value: row.states[state] for state in State},
                    "seconds": row.seconds,
                }
                for row in rows
            ]
        )

    def run(
        self,
        *,
        executor: Literal["ray", "local"] = "ray",
        only: str | None = None,
        fresh: bool = False,
        home: str | Path | None = None,
        address: str | None = None,
        cpus: int | None = None,
        tracking_uri: str | None = None,
        journal: str | None = None,
        progress: bool = True,
    ) -> Results:
        """Run the trials that have no result yet, and give the results of all.

        executor       `ray`, on this machine or on the cluster at `address`; `local` runs in this process
        only           a pattern on task, method or task/method
        fresh          run the selected trials again whatever is recorded
        home           folder of results and data; by default $SYMBENCH_HOME, or .symbench here
        cpus           CPUs that Ray on this machine uses; all by default
        tracking_uri   MLflow store; SQLite in the home by default
        journal        file, folder or URL of the journal; in the home by default
        Raises what `symbench run` ends with: SuiteError, JournalError, InfrastructureError, UnknownNameError.
        """
        from symbench.driver.flow import run_suite
        from symbench.driver.progress import show_progress
        from symbench.executors import make_executor

        folder = _home(home)
        with show_progress(quiet=not progress) as observer:
            summary = run_suite(
                self._checked,
                partial(make_executor, executor, address=address, cpus=cpus),
                observer,
                home=folder,
                tracking_uri=tracking_uri,
                journal_at=journal,
                only=only,
                fresh=fresh,
                plugins=self._plugins,
            )
        return Results(summary.suite, summary.results, summary.stale, summary.keys)

    def results(
        self, *, home: str | Path | None = None, journal: str | None = None, only: str | None = None
    ) -> Results:
        """What is recorded of this suite; nothing runs."""
        return Results.of(self._planned(home, only, journal))

    def export(self, folder: str | Path, *, home: str | Path | None = None, journal: str | None = None) -> Path:
        """Pack what is recorded into a folder for others, without data, secrets and paths; gives the folder.

        Raises DataError if nothing is recorded, or if the folder has content that is no earlier export.
        """
        return export(self._planned(home, None, journal), Path(folder), self._plugins).folder

    def _planned(self, home: str | Path | None, only: str | None, journal: str | None = None) -> Plan:
        return recorded_plan(
            self._source,
            self._folder,
            _home(home),
            data_root=self._data_root,
            journal_at=journal,
            only=only,
            trust=Trust(_home(home), named=(*self._plugins, *self._checked.plugins)),
        )

    def _repr_html_(self) -> str:
        seeds: Counter[tuple[str, ...]] = Counter()  # a task may be another one, and a block, for each seed
        for block in self._checked.blocks:
            entries, sizes = ", ".join(e.label for e in block.entries), ", ".join(map(str, block.train_sizes))
            seeds[block.track, block.task_label, entries, sizes] += len(block.seeds)
        lines = "".join(
            f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in texts)}<td>{count}</td></tr>"
            for texts, count in seeds.items()
        )
        heads = "".join(f"<th>{head}</th>" for head in ("track", "task", "methods", "training events", "seeds"))
        return (
            f"<p><b>{escape(self.name)}</b>: {len(self)} trials. {escape(self.description)}</p>"
            f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
        )


def load_suite(
    suite: str | Path,
    *,
    data_root: str | Path | None = None,
    plugins: Sequence[str | Path] = (),
    trust_plugins: bool = False,
) -> Suite:
    """A suite from a YAML file, or a packaged one by its name, such as `cms`.

    data_root       a further folder that the suite may read files from
    plugins         Python files with tasks or methods of your own; they are executed
    trust_plugins   allow the plug-ins that the suite itself names, now and until they are edited
    Raises SuiteError with every problem, each with its line, and PluginError if a plug-in is not allowed or fails.
    """
    path = locate(suite)
    return Suite(read_source(path), path.resolve().parent, _path(data_root), _loaded(plugins), trust_plugins)


def parse_suite(
    text: str,
    *,
    folder: str | Path = ".",
    data_root: str | Path | None = None,
    plugins: Sequence[str | Path] = (),
    trust_plugins: bool = False,
) -> Suite:
    """A suite from YAML text; relative paths in it start at `folder`. Parameters and errors as in `load_suite`."""
    return Suite(parse_source(text), Path(folder).resolve(), _path(data_root), _loaded(plugins), trust_plugins)


def open_results(home: str | Path | None, suite: str | Path) -> Results:
    """The recorded results of a suite, by its file, its export, or its name as it last ran in this home.

    Raises SuiteError if no suite of this name ran there.
    """
    folder = _home(home)
    if is_export(Path(suite)):
        file = locate(suite)
        return Results.of(recorded_plan(read_source(file), file.parent, folder, journal_at=str(file.parent / JOURNAL)))
    if Path(suite).exists():
        return load_suite(suite).results(home=home)
    remembered = folder.remembered(str(suite))
    if remembered is None:
        names = [path.parent.name for path in folder.root.glob("runs/*/suite.json")]
        problem = Problem("", f"no suite of this name ran in {folder.root}", hint=nearest(str(suite), names))
        raise SuiteError(str(suite), [problem])
    text, start = remembered
    return Results.of(recorded_plan(parse_source(text, str(suite)), start, folder))


def _loaded(plugins: Sequence[str | Path]) -> list[Plugin]:
    read = [read_plugin(Path(path)) for path in plugins]
    load_plugins(read)
    return read


def _home(home: str | Path | None) -> Home:
    return Home.default() if home is None else Home(Path(home).absolute())


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)
