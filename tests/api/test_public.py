"""The public names: pinned, complete, typed, and free to import."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys

import pytest

import symbench
from tests.conftest import ROOT

PUBLIC = {
    *("__version__", "testing", "plot"),
    *("load_suite", "parse_suite", "open_results", "Suite", "Results", "Trial", "Status", "compare"),
    *("discover", "challenge", "Symmetry", "named_algebra", "name_of", "train", "TrainedClassifier"),
    *("list_tasks", "list_methods", "list_classifiers", "load_task", "LoadedTask"),
    *("task", "discovery_method", "classifier", "regressor", "operation", "reader"),
    *("Task", "FunctionTask", "DistributionTask", "DynamicsTask", "ClassificationTask", "RegressionTask"),
    *("DiscoveryMethod", "Classifier", "Regressor", "Operation", "MatrixOperation"),
    *("SymbenchError", "SuiteError", "UnknownNameError", "DataError", "MissingDataError", "MissingExtraError"),
    *("PluginError", "IncompatibleError", "JournalError", "InfrastructureError"),
}


def test_the_public_names_are_these() -> None:
    assert set(symbench.__all__) == PUBLIC
    assert len(symbench.__all__) == len(PUBLIC)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(symbench, name)
    assert name == "__version__" or value.__doc__


def test_the_stub_has_the_names_and_their_modules() -> None:
    tree = ast.parse((ROOT / "symbench" / "__init__.pyi").read_text())
    names = {
        str(alias.asname): node.module for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert set(names) | {"__version__"} == PUBLIC
    for name, module in names.items():
        if name != "testing":
            assert getattr(importlib.import_module(str(module)), name) is getattr(symbench, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'discovr'"):
        _ = symbench.discovr  # type: ignore[attr-defined]


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, symbench; print([m for m in sys.modules if m.startswith('symbench.')])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
