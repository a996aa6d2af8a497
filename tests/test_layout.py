"""The layout of the package: no import circle, few modules at the top, and every word of a suite leads to its file."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from symbench import builtin, registry
from symbench.component import Component
from symbench.metrics.catalog import catalog
from tests.conftest import ROOT

PACKAGE = ROOT / "symbench"
MOST_AT_THE_TOP = 12


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported_by(module: str) -> set[str]:
    """Every module of symbench that this one imports, wherever the statement stands, and the packages on the way."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in names}
    found = {name for name in found if name in MODULES}
    parents = {name.rsplit(".", n)[0] for name in found for n in range(1, name.count(".") + 1)}
    own = {module.rsplit(".", n)[0] for n in range(1, module.count(".") + 1)}
    return (found | parents) - own - {module} | (found & own)


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components of more than one module (Tarjan, SIAM J. Comput. 1 (1972) 146)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = lowest[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], index[other])
        if lowest[node] == index[node]:
            component = [stack.pop()]
            while component[-1] != node:
                component.append(stack.pop())
            if len(component) > 1:
                found.append(sorted(component))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": set()}) == []


def test_no_module_imports_itself_over_others() -> None:
    """Imports inside functions and under TYPE_CHECKING count as all others do."""
    graph = {module: imported_by(module) for module in MODULES}
    assert "symbench.errors" in graph["symbench.registry"]
    assert circles(graph) == []


def test_few_modules_lie_beside_the_packages_at_the_top() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= MOST_AT_THE_TOP


def test_every_package_says_what_lives_in_it() -> None:
    packages = [path for path in MODULES.values() if path.name == "__init__.py"]
    assert len(packages) > 20
    for path in packages:
        docstring = ast.get_docstring(ast.parse(path.read_text()))
        assert path.parent == PACKAGE or docstring, f"{path} says nothing"


def test_names_are_unique_among_classes_of_the_package() -> None:
    """One name for two things makes a reader open the wrong file; components of one name have a folder between them."""
    places: dict[str, list[str]] = defaultdict(list)
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module)
    allowed = {
        "Suite",
        "LorentzNet",
        "ParticleNet",
        "Pelican",
        "ParticleTransformer",
        "Transformer",
    }  # parameters and network
    assert {name: where for name, where in places.items() if len(where) > 1 and name not in allowed} == {}


def places_of(name: str) -> list[str]:
    """What a file or a folder with the code of this name may be called: the name itself, or its first word."""
    whole = name.replace("-", "_")
    word = re.match(r"[a-z]+", name)
    return [whole, word[0] if word else whole]


def leading_words(name: str) -> set[str]:
    """The name itself and every shorter beginning of whole words: where a metric or an operation may be."""
    words = name.split("_")
    return {"_".join(words[:n]) for n in range(1, len(words) + 1)}


registry.load_builtin()
SHIPPED: dict[str, dict[str, type[Component]]] = {
    "tasks": {name: cls for name, cls in registry.TASKS.items() if cls.__module__.startswith("symbench.")},
    "discovery": {name: cls for name, cls in registry.DISCOVERY.items() if cls.__module__.startswith("symbench.")},
    "classifiers": {name: cls for name, cls in registry.CLASSIFIERS.items() if cls.__module__.startswith("symbench.")},
}


@pytest.mark.parametrize("package", SHIPPED)
def test_every_component_is_in_a_file_or_folder_of_its_name(package: str) -> None:
    assert len(SHIPPED[package]) > 10
    for name, cls in SHIPPED[package].items():
        parts = cls.__module__.split(".")[2:]
        assert set(places_of(name)) & set(parts), f"{name} is in {cls.__module__}"


def test_every_operation_is_in_a_file_of_its_name() -> None:
    shipped = [operation for operation in registry.operations() if registry.is_builtin(operation)]
    assert len(shipped) > 8
    for operation in shipped:
        module = type(operation).__module__
        assert leading_words(operation.name) & {module.rpartition(".")[2]}, f"{operation.name} is in {module}"


def test_every_metric_of_a_trial_has_a_file_of_its_name_with_its_entry() -> None:
    modules = [importlib.import_module(name) for name in builtin.metric_modules()]
    shipped = [operation for operation in registry.operations() if registry.is_builtin(operation)]
    entries: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        stated = [*getattr(module, "METRICS", ())]
        for function in ("of_operation", "of_lie_derivative"):
            if hasattr(module, function):
                stated += [entry for operation in shipped for entry in getattr(module, function)(operation)]
        for entry in stated:
            entries[entry.name].add(module.__name__.rpartition(".")[2])
    of_trial = {name: entries[name] for name, entry in catalog().items() if entry.of_trial and name in entries}
    assert len(of_trial) > 90
    assert {name: files for name, files in of_trial.items() if not files & leading_words(name)} == {}


def test_the_catalogue_of_metrics_is_light() -> None:
    """`symbench plan` reads titles; numpy and torch are imported when a metric is computed."""
    names = list(builtin.metric_modules())
    assert len(names) > 30
    script = "import importlib, sys\n" + "".join(f"importlib.import_module({name!r})\n" for name in names)
    script += "from symbench.metrics.catalog import catalog\nassert len(catalog()) > 90\n"
    script += "print(*sorted({'numpy', 'torch', 'scipy', 'sklearn', 'pandas', 'ray', 'mlflow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
