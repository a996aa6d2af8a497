"""Names to components and operations: four dicts, four decorators, entry points and plug-in files.

A third party registers a class by an entry point in the group `symbench.tasks`, `symbench.discovery`,
`symbench.classifiers` or `symbench.operations` whose object is the class, or by a Python file given with `--plugin`.
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
from symbench.discovery.base import DiscoveryMethod
from symbench.errors import Problem, SuiteError, UnknownNameError
from symbench.metrics.operations.base import Operation
from symbench.tasks.base import Task

TASKS: dict[str, type[Task]] = {}
DISCOVERY: dict[str, type[DiscoveryMethod]] = {}
CLASSIFIERS: dict[str, type[Classifier]] = {}
OPERATIONS: dict[str, Operation] = {}

C = TypeVar("C", bound=Component)
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


def operation(name: str) -> Callable[[type[P]], type[P]]:
    """Register a symmetry operation under the name that suites use; the table holds its one instance."""

    def add(cls: type[P]) -> type[P]:
        known = OPERATIONS.get(name)
        _refuse_another(name, None if known is None else type(known), cls)
        cls.name = name
        OPERATIONS[name] = cls()
        return cls

    return add


def _register(table: dict[str, Any], name: str) -> Callable[[type[C]], type[C]]:
    def add(cls: type[C]) -> type[C]:
        _refuse_another(name, table.get(name), cls)
        cls.name = name
        table[name] = cls
        return cls

    return add


def _refuse_another(name: str, known: type[Any] | None, cls: type[Any]) -> None:
    if known is not None and known.__module__ != cls.__module__:
        raise ValueError(f"{name!r} is registered already, by {known.__module__}.{known.__qualname__}")


def find_task(name: str) -> type[Task]:
    """The task class of this name; raises UnknownNameError."""
    return _find(TASKS, "task", name)


def find_discovery_method(name: str) -> type[DiscoveryMethod]:
    """The discovery method of this name; raises UnknownNameError."""
    return _find(DISCOVERY, "discovery method", name)


def find_classifier(name: str) -> type[Classifier]:
    """The classifier of this name; raises UnknownNameError."""
    return _find(CLASSIFIERS, "classifier", name)


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
    decorators: dict[str, tuple[dict[str, Any], Callable[[str], Callable[[Any], Any]]]] = {
        "symbench.tasks": (TASKS, task),
        "symbench.discovery": (DISCOVERY, discovery_method),
        "symbench.classifiers": (CLASSIFIERS, classifier),
        "symbench.operations": (OPERATIONS, operation),
    }
    for group, (table, decorator) in decorators.items():
        for entry_point in importlib.metadata.entry_points(group=group):
            if entry_point.name not in table:
                decorator(entry_point.name)(entry_point.load())


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
        registered: list[type[Any]] = [*TASKS.values(), *DISCOVERY.values(), *CLASSIFIERS.values()]
        registered += [type(each) for each in OPERATIONS.values()]
        for cls in registered:
            if cls.__module__ == plugin.module and "+" not in cls.version:
                cls.version = f"{cls.version}+{plugin.digest[:12]}"


def _plugin_problem(message: str) -> Problem:
    return Problem(path="--plugin", message=message)
