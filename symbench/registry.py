"""Names to components: a table and a decorator for each kind, and the entry points of installed packages.

A third party registers a class by an entry point whose object is the class, in the group of its kind (the keys of
`TABLES`), or with the decorators below in a plug-in file (`symbench.plugins`).
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from symbench import builtin
from symbench.classifiers.base import Classifier
from symbench.classifiers.learner import Learner
from symbench.component import Component, Track
from symbench.data.tables.base import TableReader
from symbench.discovery.base import DiscoveryMethod
from symbench.errors import UnknownNameError
from symbench.metrics.operations.base import Operation
from symbench.regressors.base import Regressor
from symbench.tasks.base import Task
from symbench.words import is_one_line

TASKS: dict[str, type[Task]] = {}
DISCOVERY: dict[str, type[DiscoveryMethod]] = {}
CLASSIFIERS: dict[str, type[Classifier]] = {}
REGRESSORS: dict[str, type[Regressor]] = {}
OPERATIONS: dict[str, Operation] = {}
READERS: dict[str, type[TableReader]] = {}

TABLES: Mapping[str, dict[str, Any]] = {
    "symbench.tasks": TASKS,
    "symbench.discovery": DISCOVERY,
    "symbench.classifiers": CLASSIFIERS,
    "symbench.regressors": REGRESSORS,
    "symbench.operations": OPERATIONS,
    "symbench.readers": READERS,
}
"""Every table by its group of entry points: loading, and the versions of plug-ins, go over all of them."""

_LONGEST_NAME = 64

C = TypeVar("C", bound=Component)
R = TypeVar("R", bound=TableReader)
P = TypeVar("P", bound=Operation)
T = TypeVar("T")


def task(name: str) -> Callable[[type[C]], type[C]]:
    """Register a task class under the name that suites use."""
    return _register(TASKS, name)


def discovery_method(name: str) -> Callable[[type[C]], type[C]]:
    """Register a discovery method under the name that suites use."""
    return _register(DISCOVERY, name)


def classifier(name: str) -> Callable[[type[C]], type[C]]:
    """Register a classifier under the name that suites use."""
    return _register(CLASSIFIERS, name)


def regressor(name: str) -> Callable[[type[C]], type[C]]:
    """Register a regressor under the name that suites use."""
    return _register(REGRESSORS, name)


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
    """Refuse a name that a class of another module has; a module that is loaded again may replace its own.

    Refuse a name that is no single line of at most 64 visible characters as well: tables and suites show it.
    """
    if not (isinstance(name, str) and len(name) <= _LONGEST_NAME and is_one_line(name)):
        raise ValueError(f"a name is one line of at most {_LONGEST_NAME} visible characters, not {name!r:.80}")
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


def find_regressor(name: str) -> type[Regressor]:
    """The regressor of this name; raises UnknownNameError."""
    return _find(REGRESSORS, "regressor", name)


def find_learner(track: Track, name: str) -> type[Learner]:
    """The classifier or regressor of this name; raises UnknownNameError."""
    return find_regressor(name) if track is Track.REGRESSION else find_classifier(name)


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
