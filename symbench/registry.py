"""Names to components: a table and a decorator for each kind, and the entry points of installed packages.

A third party registers a class by an entry point whose object is the class, in the group of its kind (the keys of
`TABLES`), or with the decorators below in a plug-in file.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from symbench import builtin
from symbench.classifiers.base import Classifier
from symbench.component import Component
from symbench.data.tables.base import TableReader
from symbench.discovery.base import DiscoveryMethod
from symbench.errors import Problem, SuiteError, UnknownNameError
from symbench.metrics.operations.base import Operation
from symbench.tasks.base import Task

TASKS: dict[str, type[Task]] = {}
DISCOVERY: dict[str, type[DiscoveryMethod]] = {}
CLASSIFIERS: dict[str, type[Classifier]] = {}
OPERATIONS: dict[str, Operation] = {}
READERS: dict[str, type[TableReader]] = {}

TABLES: Mapping[str, dict[str, Any]] = {
    "symbench.tasks": TASKS,
    "symbench.discovery": DISCOVERY,
    "symbench.classifiers": CLASSIFIERS,
    "symbench.operations": OPERATIONS,
    "symbench.readers": READERS,
}
"""Every table by its group of entry points: loading, and the versions of plug-ins, go over all of them."""

C = TypeVar("C", bound=Component)
R = TypeVar("R", bound=TableReader)
P = TypeVar("P", bound=Operation)
T = TypeVar("T")


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


def operation(name: str) -> Callable[[type[P]], type[P]]:
    """Register a symmetry operation under the name that suites use; the table holds its one instance."""

    def add(cls: type[P]) -> type[P]:
        _refuse_another(name, OPERATIONS.get(name), cls)
        cls.name = name
        OPERATIONS[name] = cls()
        return cls

    return add


def _register(table: dict[str, Any], name: str) -> Callable[[type[T]], type[T]]:
    def add(cls: type[T]) -> type[T]:
        _refuse_another(name, table.get(name), cls)
        cls.name = name  # type: ignore[attr-defined]  # of every class that has a table
        table[name] = cls
        return cls

    return add


def _refuse_another(name: str, known: object | None, cls: type[Any]) -> None:
    """Refuse a name that a class of another module has; a module that is loaded again may replace its own."""
    if known is None:
        return
    other = known if isinstance(known, type) else type(known)
    if other.__module__ != cls.__module__:
        raise ValueError(f"{name!r} is registered already, by {other.__module__}.{other.__qualname__}")


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


def find_operation(name: str) -> Operation:
    """The symmetry operation of this name; raises UnknownNameError."""
    return _find(OPERATIONS, "operation", name)


def operations() -> list[Operation]:
    """All registered operations in the order of tables."""
    load_builtin()
    return sorted(OPERATIONS.values(), key=lambda each: (each.order, each.name))


def is_builtin(registered: object) -> bool:
    """Whether a registered class, or an instance of one, is shipped with symbench."""
    cls = registered if isinstance(registered, type) else type(registered)
    return cls.__module__.startswith("symbench.")


def default_operations() -> list[str]:
    """The operations that are measured if a suite lists none: the built-in ones that need no setting."""
    return [each.name for each in operations() if is_builtin(each) and not each.needs_generators]


def _find(table: dict[str, T], kind: str, name: str) -> T:
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
    for group, table in TABLES.items():
        for entry_point in importlib.metadata.entry_points(group=group):
            if entry_point.name not in table:
                _decorator(group, entry_point.name, cls := entry_point.load())(cls)


def _decorator(group: str, name: str, cls: type[Any]) -> Callable[[type[Any]], type[Any]]:
    """What registers the class of an entry point; a reader states its suffixes itself."""
    if group == "symbench.operations":
        return operation(name)
    if group == "symbench.readers":
        return reader(name, suffixes=cls.suffixes)
    return _register(TABLES[group], name)


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
        for table in TABLES.values():
            for registered in table.values():
                cls: Any = registered if isinstance(registered, type) else type(registered)
                if cls.__module__ == plugin.module and "+" not in cls.version:
                    cls.version = f"{cls.version}+{plugin.digest[:12]}"


def _plugin_problem(message: str) -> Problem:
    return Problem(path="--plugin", message=message)
