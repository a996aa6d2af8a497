"""Readers of tables: those that are shipped conform, and third parties add their own by plug-in or entry point."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.suffixes import format_of
from symbench.errors import SuiteError, UnknownNameError
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import parse_suite
from symbench.tasks.function.table import TableTask
from symbench.testing import check_reader
from tests.data.tables.test_table import write

SHIPPED = ("csv", "jsonl", "parquet", "feather", "npz", "npy", "hdf5", "root")
LINES = '''"""JSON, one object a line."""

import json
from pathlib import Path

import numpy as np

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import limit_rows, refuse_key, require
from symbench.errors import DataError


@registry.reader("json-lines", suffixes=(".lines",))
class JsonLines(TableReader):
    def read(self, path, names, key, maximum_rows):
        refuse_key(path, key, "JSON lines")
        try:
            rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
            require(path, names, rows[0])
            limit_rows(path, len(rows), maximum_rows)
            return {name: np.array([row[name] for row in rows]) for name in names}
        except (ValueError, LookupError, TypeError) as error:
            raise DataError(f"{path}: not readable as JSON lines: {error}") from error
'''


def write_lines(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    path.write_text("".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows))


@pytest.fixture
def json_lines(tmp_path: Path) -> Iterator[Plugin]:
    """The plug-in above, registered for one test."""
    registry.load_builtin()
    (tmp_path / "json_lines.py").write_text(LINES)
    plugin = read_plugin(tmp_path / "json_lines.py")
    load_plugins([plugin])
    yield plugin
    registry.READERS.pop("json-lines", None)
    sys.modules.pop(plugin.module, None)


def test_the_shipped_readers_are_found_by_the_scan() -> None:
    registry.load_builtin()
    shipped = {name for name, cls in registry.READERS.items() if cls.__module__.startswith("symbench.")}
    assert shipped == set(SHIPPED)
    for name in shipped:
        assert registry.READERS[name].__module__ == f"symbench.data.tables.formats.{name}"
        assert registry.READERS[name].__doc__


@pytest.mark.parametrize("format", SHIPPED)
def test_shipped_readers_conform(format: str) -> None:
    def writer(path: Path, columns: Mapping[str, np.ndarray]) -> None:
        write(path.parent, format, dict(columns), path.stem)

    check_reader(registry.find_reader(format), writer)


def test_the_check_finds_readers_that_break_the_contract() -> None:
    class Careless(TableReader):
        suffixes = (".lines",)

        def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> dict[str, Any]:
            rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
            return {name: np.array([row[name] for row in rows]) for name in names}

    with pytest.raises(KeyError):
        check_reader(Careless, write_lines)

    class Rounding(Careless):
        def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> dict[str, Any]:
            return {name: x.astype(float) for name, x in super().read(path, names, key, maximum_rows).items()}

    with pytest.raises(AssertionError, match="'run' has type float64, int64 was written"):
        check_reader(Rounding, write_lines)


def test_a_reader_of_a_plugin_serves_tasks(tmp_path: Path, json_lines: Plugin) -> None:
    check_reader(registry.find_reader("json-lines"), write_lines)
    x, y = np.random.default_rng(8).normal(size=(2, 30))
    write_lines(tmp_path / "a.lines", {"x": x, "y": y, "r2": x**2 + y**2})
    fields: dict[str, Any] = {"path": str(tmp_path / "a.lines"), "vectors": [["x", "y"]], "label": "r2"}
    task = TableTask(**fields)
    assert format_of("b.LINES", None) == "json-lines"
    assert task.sizes().train == 24
    assert task.digest == TableTask(**fields, format="json-lines").digest
    assert task.identity()["reader"] == f"3/1+{json_lines.digest[:12]}", "an edit of the plug-in gives other data"


def test_a_suffix_and_a_name_belong_to_one_reader(json_lines: Plugin) -> None:
    with pytest.raises(ValueError, match=r"the suffix '\.lines' belongs to the reader 'json-lines'"):
        registry.reader("other", suffixes=(".csv2", ".lines"))(type("Other", (TableReader,), {}))
    with pytest.raises(ValueError, match="'csv' is registered already"):
        registry.reader("csv", suffixes=(".csv",))(type("Other", (TableReader,), {}))
    assert "other" not in registry.READERS


def test_an_entry_point_registers_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    class Installed(TableReader):
        suffixes = (".inst",)

        def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> dict[str, Any]:
            return {}

    class EntryPoint:
        name = "installed"

        def load(self) -> type[TableReader]:
            return Installed

    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda group: [EntryPoint()] if group == "symbench.readers" else []
    )
    monkeypatch.setattr(registry, "READERS", dict(registry.READERS))
    monkeypatch.setattr(registry, "TABLES", {**registry.TABLES, "symbench.readers": registry.READERS})
    registry.load_builtin.__wrapped__()
    assert registry.READERS["installed"] is Installed
    assert format_of("a.inst", None) == "installed"


@pytest.mark.parametrize("task", ["table", "jet-table"])
def test_an_unknown_format_is_answered_with_the_nearest(task: str, tmp_path: Path) -> None:
    parameters = "vectors: [[x, y]]" if task == "table" else "components: [v]"
    (tmp_path / "a.csv").write_text("x,y,label\n1,2,0\n")
    kind, method = ("discovery", "random") if task == "table" else ("classification", "pfn")
    suite = f"""
name: formats
{kind}:
  - task: {{name: {task}, params: {{path: a.csv, format: parqet, label: r2, {parameters}}}}}
    train_sizes: [10]
    methods: [{method}]
"""
    with pytest.raises(SuiteError, match=r"format.*unknown format 'parqet'; did you mean 'parquet'\?"):
        parse_suite(suite, folder=tmp_path)
    with pytest.raises(UnknownNameError, match="unknown format 'hdf'"):
        registry.find_reader("hdf")
