"""The project's declarations: dependencies are those imported, versions agree, bounds contain what is installed."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import symbench
from symbench.tasks.jet_recipe import GENERATORS
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONSTRAINTS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
COMBINED = {"all", "dev"}  # extras that are made of others, or not of the package itself
OPTIONAL = {
    "hdf5plugin",  # imported if it is there; an error names it for the rare files that need it
    "IPython",  # imported in a Jupyter kernel only, which has it
}
DISTRIBUTIONS = importlib.metadata.packages_distributions()


def declared(requirements: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(each.name): each for each in map(Requirement, requirements)}


CORE = declared(PROJECT["dependencies"])
EXTRAS = {
    name: declared(requirements)
    for name, requirements in PROJECT["optional-dependencies"].items()
    if name not in COMBINED
}


def imported() -> dict[str, set[str]]:
    """Top-level package → modules of symbench that import it, or look for it by name, wherever the statement stands."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in (ROOT / "symbench").rglob("*.py"):
        module = file.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(file.read_text())):
            for name in _names(node):
                found[name.split(".")[0]].add(module)
    return {name: files for name, files in found.items() if name not in sys.stdlib_module_names | {"symbench"}}


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [str(node.module)]
    if isinstance(node, ast.Call) and node.args and _is_text(node.args[0]):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        by_name = {"find_spec", "import_module", "require", "require_extra", "Requirement"}
        return [ast.literal_eval(node.args[0])] if called in by_name else []
    return []


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def required() -> set[tuple[str, str]]:
    """(package, extra) of every `require` and `Requirement` in symbench that states both."""
    found = set()
    for file in (ROOT / "symbench").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and len(node.args) == 2 and _names(node):
                package, extra = node.args
                if isinstance(package, ast.Constant) and isinstance(extra, ast.Constant):
                    found.add((str(package.value), str(extra.value)))
    return found


def distributions(package: str) -> set[str]:
    return {canonicalize_name(name) for name in DISTRIBUTIONS.get(package, ())}


def test_every_import_is_declared() -> None:
    known = CORE.keys() | {name for extra in EXTRAS.values() for name in extra}
    undeclared = {
        package: sorted(files)
        for package, files in imported().items()
        if package not in OPTIONAL and not distributions(package) & known
    }
    assert undeclared == {}


def test_every_declaration_is_imported() -> None:
    used = {name for package in imported() for name in distributions(package)}
    assert CORE.keys() - used == set()
    assert {name: extra.keys() - used for name, extra in EXTRAS.items() if extra.keys() - used} == {}


def test_nothing_is_declared_twice() -> None:
    names = [*CORE, *(name for extra in EXTRAS.values() for name in extra)]
    assert len(set(names)) == len(names)


def test_an_error_names_the_extra_that_has_the_package() -> None:
    pairs = required() | {(package, "jets") for package in GENERATORS}
    assert {extra for _, extra in pairs} == EXTRAS.keys()
    for package, extra in pairs:
        assert distributions(package) & EXTRAS[extra].keys(), f"{package} is not in the extra {extra}"


def test_packages_of_extras_are_never_imported_at_module_level_of_what_a_plan_imports() -> None:
    """Core symbench must work without them: only modules that are imported to use them may do so."""
    optional = {p for p in imported() if distributions(p) & {name for extra in EXTRAS.values() for name in extra}}
    assert {"fastjet", "h5py", "lgatr", "lloca", "mplhep", "pooch", "psycopg2", "pythia8mc"} == optional
    at_the_top: dict[str, set[str]] = defaultdict(set)
    for file in (ROOT / "symbench").rglob("*.py"):
        for node in ast.parse(file.read_text()).body:
            for name in _names(node):
                if name.split(".")[0] in optional:
                    at_the_top[file.relative_to(ROOT).as_posix()].add(name.split(".")[0])
    assert at_the_top == {"symbench/classifiers/nets/lgatr.py": {"lgatr"}}


def test_all_is_every_extra() -> None:
    (whole,) = map(Requirement, PROJECT["optional-dependencies"]["all"])
    assert whole.name == "symbench"
    assert whole.extras == EXTRAS.keys()
    assert "all" in Requirement(PROJECT["optional-dependencies"]["dev"][0]).extras


def test_the_pinned_versions_are_allowed() -> None:
    pinned = {canonicalize_name(name): version for name, version in CONSTRAINTS.items()}
    for requirement in (*CORE.values(), *(each for extra in EXTRAS.values() for each in extra.values())):
        if requirement.name != "torch" or "torch" in pinned:
            assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize("name", ["ray", "mlflow"])
def test_packages_whose_private_parts_are_used_have_bounds(name: str) -> None:
    operators = {each.operator for each in CORE[name].specifier}
    assert operators == {">=", "<"}


def test_the_generators_of_jets_are_those_that_are_pinned() -> None:
    assert {name: CONSTRAINTS[name] for name in GENERATORS} == GENERATORS


def test_the_version_is_stated_once() -> None:
    assert "version" in PROJECT["dynamic"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == symbench.__version__
    assert citation["license"] == PROJECT["license"]
    images = re.findall(r"symbench:([\d.]+\d)", (ROOT / "cluster" / "Dockerfile").read_text())
    assert images
    assert set(images) == {symbench.__version__}


def test_what_the_build_copies_into_the_wheel_is_not_in_the_checkout() -> None:
    assert not Path(symbench.__file__).with_name("suites").exists()
