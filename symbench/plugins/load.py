"""Read a plug-in file, run it once in each process, and stamp what it registers with the digest of its text."""

from __future__ import annotations

import dataclasses
import hashlib
import linecache
import sys
import types
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symbench import registry
from symbench.errors import PluginError
from symbench.trial.traceback_text import PLUGIN_MARK, traceback_text

_REGISTERED: dict[str, list[tuple[str, str]]] = {}
"""What each loaded plug-in registered: (key of `registry.TABLES`, name)."""


@dataclass(frozen=True)
class Plugin:
    """A Python file of components, carried by its text so that a worker on another host can load it.

    module   the name that the file has in `sys.modules`
    source   its text
    file     its absolute path on the machine of the driver, for tracebacks; workers never open it
    """

    module: str
    source: str
    file: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text; of an unchanged file it is what `sha256sum FILE` prints."""
        return hashlib.sha256(self.source.encode()).hexdigest()


def read_plugin(path: Path) -> Plugin:
    """Read a plug-in file without running it; raises PluginError if it cannot be read."""
    try:
        source = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PluginError(f"cannot read the plug-in {path}: {error}") from error
    return Plugin(f"symbench_plugin_{path.stem.replace('-', '_')}", source, str(path.resolve()))


def load_plugins(plugins: Iterable[Plugin]) -> None:
    """Run plug-in files, each at most once in a process.

    The version of what a plug-in registers carries the digest of its text, so that an edit reruns its trials. If a
    plug-in of this process was edited, what its former text registered is replaced.
    Raises PluginError if a file fails, and then nothing of it stays registered.
    """
    modules: dict[str, Plugin] = {}
    for plugin in plugins:
        other = modules.setdefault(plugin.module, plugin)
        if other.digest != plugin.digest:
            raise PluginError(f"two plug-ins have the same name: {other.file} and {plugin.file}; rename one of them")
    for plugin in modules.values():
        former = _loaded(plugin.module)
        if former is None or former.digest != plugin.digest:
            _load(plugin)


def plugin_of(cls: type) -> Plugin | None:
    """The plug-in that defines this class, or None if it comes from an importable module."""
    return _loaded(cls.__module__)


def _loaded(module: str) -> Plugin | None:
    found: Plugin | None = getattr(sys.modules.get(module), PLUGIN_MARK, None)
    return found


def _load(plugin: Plugin) -> None:
    registry.load_builtin()
    module = types.ModuleType(plugin.module)
    module.__file__ = plugin.file
    module.__dict__[PLUGIN_MARK] = plugin
    # without a modification time, linecache keeps this text: workers have no such file, and the driver's may be edited
    linecache.cache[plugin.file] = (len(plugin.source), None, plugin.source.splitlines(keepends=True), plugin.file)
    with _undone_on_error(plugin.module):
        for group, name in _REGISTERED.get(plugin.module, ()):
            registry.TABLES[group].pop(name, None)
        before = {group: dict(table) for group, table in registry.TABLES.items()}
        sys.modules[plugin.module] = module
        try:
            exec(compile(plugin.source, plugin.file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
        except (Exception, SystemExit) as error:
            message = f"the plug-in {plugin.file} failed to load: {type(error).__name__}: {error}"
            raise PluginError(message, traceback_text(error)) from error
        new = [
            (group, name)
            for group, table in registry.TABLES.items()
            for name, entry in table.items()
            if entry is not before[group].get(name)
        ]
        _stamp(new, plugin)
    _REGISTERED[plugin.module] = new


@contextmanager
def _undone_on_error(module: str) -> Iterator[None]:
    """Restore the registry and the entry of `sys.modules` if the block raises."""
    former = sys.modules.get(module)
    kept = [(table, dict(table)) for table in registry.TABLES.values()]
    try:
        yield
    except BaseException:
        for table, content in kept:
            table.clear()
            table.update(content)
        sys.modules.pop(module, None)
        if former is not None:
            sys.modules[module] = former
        raise


def _stamp(entries: Iterable[tuple[str, str]], plugin: Plugin) -> None:
    """Append the digest to the versions of entries, given by table and name: classes, functions, or instances."""
    end = f"+{plugin.digest[:12]}"
    for group, name in entries:
        table = registry.TABLES[group]
        entry = table[name]
        version = getattr(entry, "version", None)
        if version is None or version.endswith(end):
            continue
        owner: Any = entry if isinstance(entry, type | types.FunctionType) else type(entry)
        if owner.__module__ == plugin.module:
            owner.version = version + end
        else:  # a record whose class serves others too
            table[name] = dataclasses.replace(entry, version=version + end)
