"""The examples of docs/extending.md are run as they stand, through the checks of their kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbench import registry
from symbench.home import Home
from symbench.plugins import Plugin, Trust, load_plugins, read_plugin
from symbench.suite.resolve import load_suite
from symbench.testing import (
    check_classifier,
    check_discovery_method,
    check_executor,
    check_reader,
    check_task,
)
from tests.conftest import ROOT
from tests.driver.test_flow import Silent

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The Python code of a section."""
    text = re.split(r"^## ", PAGE, flags=re.M)
    (found,) = [part for part in text if part.startswith(f"{title}\n")]
    blocks = re.findall(r"^```python\n(.*?)^```", found, re.M | re.S)
    assert blocks
    return "\n\n".join(blocks)


def plugin(title: str, folder: Path) -> Plugin:
    file = folder / f"extending_{title.split()[-1]}.py"
    file.write_text(section(title), encoding="utf-8")
    found = read_plugin(file)
    load_plugins([found])
    return found


def test_the_task(tmp_path: Path) -> None:
    plugin("A task", tmp_path)
    for dimension in (2, 3):
        check_task(registry.find_task("sphere")(dimension=dimension))  # type: ignore[call-arg]


def test_the_discovery_method(tmp_path: Path) -> None:
    plugin("A discovery method", tmp_path)
    check_discovery_method(registry.find_discovery_method("quadratic-form")())


def test_the_classifier(tmp_path: Path) -> None:
    plugin("A classifier", tmp_path)
    cls = registry.find_classifier("jet-mass")
    check_classifier(cls(), invariant_under=["boost", "rotation"])
    assert 'check_classifier(JetMass(), invariant_under=["boost", "rotation"])' in PAGE


def test_the_operation(tmp_path: Path) -> None:
    plugin("A symmetry operation", tmp_path)
    plugin("A classifier", tmp_path)
    try:
        check_classifier(registry.find_classifier("jet-mass")(), invariant_under=["mirror"])
        p = np.arange(12.0).reshape(1, 3, 4)
        moved = registry.find_operation("mirror").move({}, p, np.ones((1, 3), dtype=bool), np.random.default_rng(0))
        assert np.array_equal(moved.vectors, p * [1, 1, 1, -1])
    finally:
        registry.OPERATIONS.pop("mirror")  # tables and figures of other tests list all that is registered


def test_the_reader(tmp_path: Path) -> None:
    def write(path: Path, columns: Mapping[str, Any]) -> None:
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        path.write_text("\n".join("*".join(map(str, row)) for row in [tuple(columns), *rows]) + "\n")

    plugin("A reader", tmp_path)
    check_reader(registry.find_reader("ssv"), write)


def test_the_executor(home: Home) -> None:
    names: dict[str, Any] = {}
    exec(section("An executor"), names)
    assert names["run_counted"](home.root, Silent()) == 4
    check_executor(names["CountingExecutor"])


def test_a_suite_runs_the_components_of_the_page(tmp_path: Path) -> None:
    files = [Path(plugin(title, tmp_path).file).name for title in ("A task", "A discovery method")]
    (tmp_path / "own.yaml").write_text(
        f"name: own\nplugins: [{', '.join(files)}]\n"
        "discovery: [{task: sphere, train_sizes: [100], methods: [quadratic-form]}]\n"
    )
    suite = load_suite(tmp_path / "own.yaml", trust=Trust(Home(tmp_path / "home"), everything=True))
    assert [found.file for found in suite.plugins] == [str(tmp_path / name) for name in files]
    assert len(suite) == 5


@pytest.mark.parametrize("table", ["tasks", "discovery", "classifiers", "operations", "readers"])
def test_the_groups_of_entry_points_are_those_of_the_registry(table: str) -> None:
    assert f"`symbench.{table}`" in PAGE
    assert f"symbench.{table}" in registry.TABLES
