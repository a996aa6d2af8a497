"""Names to components: a dict and a decorator for each kind, entry points and plug-in files.

A third party registers a component by an entry point in the group `symbench.tasks`, `symbench.discovery`,
`symbench.classifiers` or `symbench.readers` whose object is the class, or by a Python file given with `--plugin`.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import sys
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from symbench import builtin
from symbench.classifiers.base import Classifier
from symbench.component import Component
from symbench.data.tables.base import TableReader
from symbench.discovery.base import DiscoveryMethod
from symbench.errors import Problem, SuiteError, UnknownNameError
from symbench.tasks.base import Task

TASKS: dict[str, type[Task]] = {}
DISCOVERY: dict[str, type[DiscoveryMethod]] = {}
CLASSIFIERS: dict[str, type[Classifier]] = {}
READERS: dict[str, type[TableReader]] = {}

C = TypeVar("C", bound=Component | TableReader)
R = TypeVar("R", bound=TableReader)


@dataclass(frozen=True)
class Plugin:
    """A Python file of components, carried by its text so that a worker on another host can load it."""

    module: str
    source: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.source.encode()).hexdigest()


def task(name: str) -> Callable[[type[C]], type[C]]:
    """Register a task class under the name that suites use."""
    return _register(TASKS, name)


def discovery_method(name: str) -> Callable[[type[C]], type[C]]:
    """Register a discovery method under the name that suites use."""
    return _register(DISCOVERY, name)


def classifier(name: str) -> Callable[[type[C]], type[C]]:
    """Register a classifier under the name that suites use."""
    return _register(CLASSIFIERS, name)


def reader(name: str, *, suffixes: tuple[str, ...]) -> Callable[[type[R]], type[R]]:
    """Register a reader of tables under the name that suites write in `format:`, and for these file name endings."""

    def add(cls: type[R]) -> type[R]:
        for other in READERS.values():
            if other.name != name and (both := set(other.suffixes) & set(suffixes)):
                raise ValueError(f"the suffix {min(both)!r} belongs to the reader {other.name!r} already")
        cls.suffixes = suffixes
        return _register(READERS, name)(cls)

    return add


def _register(table: dict[str, Any], name: str) -> Callable[[type[C]], type[C]]:
    def add(cls: type[C]) -> type[C]:
        known: type[Component | TableReader] | None = table.get(name)
        if known is not None and known.__module__ != cls.__module__:
            raise ValueError(f"{name!r} is registered already, by {known.__module__}.{known.__qualname__}")
        cls.name = name
        table[name] = cls
        return cls

    return add


def find_task(name: str) -> type[Task]:
    """The task class of this name; raises UnknownNameError."""
    return _find(TASKS, "task", name)


def find_discovery_method(name: str) -> type[DiscoveryMethod]:
    """The discovery method of this name; raises UnknownNameError."""
    return _find(DISCOVERY, "discovery method", name)


def find_classifier(name: str) -> type[Classifier]:
    """The classifier of this name; raises UnknownNameError."""
    return _find(CLASSIFIERS, "classifier", name)


def find_reader(name: str) -> type[TableReader]:
    """The reader of tables of this name; raises UnknownNameError."""
    return _find(READERS, "format", name)


def _find(table: dict[str, type[C]], kind: str, name: str) -> type[C]:
    if name not in table:
        load_builtin()
    try:
        return table[name]
    except KeyError:
        raise UnknownNameError(kind, name, table) from None


@functools.cache
def load_builtin() -> None:
    """Import the components that symbench ships and those of installed entry points (once)."""
    for module in builtin.modules():
        importlib.import_module(module)
    for group, table in (
        ("symbench.tasks", TASKS),
        ("symbench.discovery", DISCOVERY),
        ("symbench.classifiers", CLASSIFIERS),
        ("symbench.readers", READERS),
    ):
        for entry_point in importlib.metadata.entry_points(group=group):
            if entry_point.name not in table:
                _register(table, entry_point.name)(entry_point.load())


def read_plugin(path: Path) -> Plugin:
    """Read a plug-in file without running it; raises SuiteError when it cannot be read."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(str(path), [_plugin_problem(f"cannot read the plug-in: {error}")]) from error
    return Plugin(module=f"symbench_plugin_{path.stem.replace('-', '_')}", source=source)


def load_plugins(plugins: Iterable[Plugin]) -> None:
    """Run plug-in files that were named explicitly, each at most once in a process.

    The version of what a plug-in registers carries the digest of its text, so that an edit reruns its trials.
    """
    for plugin in plugins:
        loaded = sys.modules.get(plugin.module)
        if loaded is not None and getattr(loaded, "__symbench_digest__", None) == plugin.digest:
            continue
        load_builtin()
        module = types.ModuleType(plugin.module)
        module.__dict__["__symbench_digest__"] = plugin.digest
        sys.modules[plugin.module] = module
        try:
            exec(compile(plugin.source, f"<{plugin.module}>", "exec"), module.__dict__)  # noqa: S102
        except Exception as error:
            del sys.modules[plugin.module]
            message = f"the plug-in failed to load: {type(error).__name__}: {error}"
            raise SuiteError(plugin.module, [_plugin_problem(message)]) from error
        for table in (TASKS, DISCOVERY, CLASSIFIERS, READERS):
            for cls in table.values():
                if cls.__module__ == plugin.module and "+" not in cls.version:
                    cls.version = f"{cls.version}+{plugin.digest[:12]}"


def _plugin_problem(message: str) -> Problem:
    return Problem(path="--plugin", message=message)
