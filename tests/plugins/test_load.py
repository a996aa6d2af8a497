"""Plug-ins: loaded once, stamped with their digest, replaced if edited, and precise about their own errors."""

from __future__ import annotations

import hashlib
import linecache
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from symbench import registry
from symbench.errors import PluginError
from symbench.plugins import Plugin, load_plugins, plugin_of, read_plugin

METHOD = """
from typing import ClassVar
from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method

@discovery_method("{name}")
class Mine(DiscoveryMethod):
    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "{summary}"
    tracks: ClassVar[frozenset[Track]] = frozenset({{Track.FUNCTION}})

    def fit(self, sample, *, seed, budget, device="cpu"):
        return first(sample)

def first(sample):
    return second(
        sample
    )

def second(sample):
    raise ValueError("no symmetry today")
"""

Write = Callable[..., Plugin]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    """Write a plug-in file and read it; the registry is as before afterwards."""
    registry.load_builtin()
    kept = [(table, dict(table)) for table in registry.TABLES.values()]

    def written(text: str, file: str = "own.py") -> Plugin:
        (tmp_path / file).write_text(text)
        return read_plugin(tmp_path / file)

    yield written
    for table, content in kept:
        table.clear()
        table.update(content)


def test_the_version_of_what_a_plugin_registers_ends_with_the_digest_of_its_text(write: Write) -> None:
    plugin = write(METHOD.format(name="own-method", summary="one"))
    assert plugin.digest == hashlib.sha256(Path(plugin.file).read_bytes()).hexdigest()
    load_plugins([plugin])
    cls = registry.find_discovery_method("own-method")
    assert cls.version == f"1+{plugin.digest[:12]}"
    assert plugin_of(cls) == plugin
    assert plugin_of(registry.find_discovery_method("nullspace")) is None
    load_plugins([plugin])
    assert registry.find_discovery_method("own-method") is cls, "the same text runs once"


def test_an_edited_plugin_replaces_what_its_former_text_registered(write: Write) -> None:
    load_plugins([write(METHOD.format(name="old-name", summary="one"))])
    edited = write(METHOD.format(name="new-name", summary="two"))
    load_plugins([edited])
    assert registry.find_discovery_method("new-name").version.endswith(edited.digest[:12])
    assert "old-name" not in registry.DISCOVERY


def test_every_table_of_the_registry_is_stamped(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever kind an entry is: a class, a function or a frozen record."""
    table: dict[str, object] = {"known": _Record("7")}
    monkeypatch.setattr(registry, "TABLES", {**registry.TABLES, "symbench.further": table})
    plugin = write(
        "from symbench import registry\n"
        "from tests.plugins.test_load import _Record\n"
        "def read(): pass\n"
        "read.version = '2'\n"
        "registry.TABLES['symbench.further'].update(record=_Record('1'), function=read, plain=len)\n",
        file="further.py",
    )
    load_plugins([plugin])
    versions = {name: getattr(entry, "version", None) for name, entry in table.items()}
    stamp = plugin.digest[:12]
    assert versions == {"known": "7", "record": f"1+{stamp}", "function": f"2+{stamp}", "plain": None}


def test_a_plugin_that_fails_leaves_nothing_behind(write: Write) -> None:
    before = {group: dict(table) for group, table in registry.TABLES.items()}
    for end in ("1 / 0", "raise SystemExit(3)", "def broken(:"):
        with pytest.raises(PluginError, match="failed to load"):
            load_plugins([write(METHOD.format(name="half", summary="x") + end)])
    assert before == registry.TABLES


def test_a_failure_at_import_shows_every_line_of_the_plugin(write: Write) -> None:
    text = "def a(n):\n    return b(n)\n\n\ndef b(n):\n    return a(n - 1) if n else 1 / n\n\n\na(20)  # the start\n"
    plugin = write(text)
    with pytest.raises(PluginError) as raised:
        load_plugins([plugin])
    assert f"{plugin.file} failed to load: ZeroDivisionError" in str(raised.value)
    shown = raised.value.details
    assert shown.count("return b(n)") == shown.count("return a(n - 1) if n else 1 / n") == 21
    assert f'File "{plugin.file}", line 9, in <module>\n    a(20)  # the start' in shown
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.details) == (str(raised.value), shown)


def test_a_syntax_error_shows_its_line(write: Write) -> None:
    with pytest.raises(PluginError) as raised:
        load_plugins([write("x = 1\ndef broken(:\n")])
    assert "line 2" in raised.value.details
    assert "def broken(:" in raised.value.details


def test_lines_are_those_of_the_text_that_ran_though_the_file_is_gone(write: Write) -> None:
    plugin = write("def fail():\n    raise ValueError('here')  # as loaded\n")
    load_plugins([plugin])
    Path(plugin.file).unlink()
    linecache.checkcache()
    assert "# as loaded" in linecache.getline(plugin.file, 2)


def test_two_plugins_of_one_name_are_refused(write: Write, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, two = write("x = 1"), write("x = 2", "other/own.py")
    with pytest.raises(PluginError, match="same name"):
        load_plugins([one, two])
    load_plugins([one, one])


def test_a_plugin_that_cannot_be_read_is_an_error_of_plugins(tmp_path: Path) -> None:
    (tmp_path / "latin.py").write_bytes(b"# caf\xe9")
    for name in ("latin.py", "none.py"):
        with pytest.raises(PluginError, match=name) as raised:
            read_plugin(tmp_path / name)
        assert raised.value.exit_code == 2


@dataclass(frozen=True)
class _Record:
    version: str
