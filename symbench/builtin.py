"""What symbench ships: every module that may register something a suite can name, found by scanning the packages.

A new component is therefore one file, or one folder, in its place; no list has to be edited.

tasks/                every module of the folder of each track
discovery/            every module directly in it, and the module `method` of every folder
classifiers/, regressors/   every module directly in it
metrics/operations/   every module directly in it
data/tables/formats/  every module directly in it

All of them are light: `symbench plan` imports them all, so none may import torch or numpy at module level. The same
holds for the modules with entries of the catalogue of metrics, which are those of all other folders of metrics/.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parent


def modules() -> Iterator[str]:
    """The dotted names of all modules that register built-in components, in alphabetical order of each package."""
    yield from _tree("tasks")
    for name, is_folder in _members("discovery"):
        if not is_folder:
            yield name
        elif (_ROOT / "discovery" / name.rpartition(".")[2] / "method.py").exists():
            yield f"{name}.method"
    for package in ("classifiers", "regressors", "metrics/operations", "data/tables/formats"):
        yield from (name for name, is_folder in _members(package) if not is_folder)


def metric_modules() -> Iterator[str]:
    """The dotted names of all modules that hold entries of the catalogue of metrics."""
    for name, is_folder in _members("metrics"):
        if is_folder and not name.endswith(".operations"):
            yield from (member for member, _ in _members(f"metrics/{name.rpartition('.')[2]}"))


def _tree(package: str) -> Iterator[str]:
    for name, is_folder in _members(package):
        if is_folder:
            yield from _tree(name.removeprefix("symbench.").replace(".", "/"))
        else:
            yield name


def _members(package: str) -> Iterator[tuple[str, bool]]:
    """(dotted name, whether it is a folder) of what lies directly in a package, given as a path below symbench/."""
    prefix = f"symbench.{package.replace('/', '.')}."
    for module in pkgutil.iter_modules([str(_ROOT / package)], prefix):
        yield module.name, module.ispkg
