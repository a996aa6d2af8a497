"""Looks up the undocumented names of a library that a module of symbench declares in its `USES`."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any


def missing(use: str) -> str | None:
    """Why `module:attribute` or `module:function(parameter)` is not there; None if it is."""
    match = re.fullmatch(r"([\w.]+):([\w.]+)(?:\((\w+)\))?", use)
    assert match, f"{use!r} is not of the form module:attribute or module:function(parameter)"
    module, path, parameter = match.groups()
    try:
        found: object = importlib.import_module(module)
        for name in path.split("."):
            fields = getattr(getattr(found, "DESCRIPTOR", None), "fields_by_name", {})  # of a protobuf message
            found = fields[name] if name in fields else getattr(found, name)
    except (ImportError, AttributeError) as error:
        return f"{use}: {error}"
    if parameter and not _takes(found, parameter):
        return f"{use}: no parameter {parameter}"
    return None


def _takes(function: Any, parameter: str) -> bool:
    """Whether a function has a parameter: in its signature, or taken by its name out of `**kwargs`."""
    parameters = inspect.signature(function).parameters
    keywords = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    return parameter in parameters or (keywords and f'"{parameter}"' in inspect.getsource(function))


def public_functions(module: ModuleType) -> set[str]:
    """The functions that other modules call."""
    tree = ast.parse(Path(str(module.__file__)).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}


def undocumented_imports(path: Path, library: str, undocumented: re.Pattern[str]) -> dict[str, set[str]]:
    """Function (or `module`) → what it imports of the library's undocumented modules, as `module:name`."""
    found: dict[str, set[str]] = {}
    for statement in ast.parse(path.read_text()).body:
        where = getattr(statement, "name", "module")
        for node in ast.walk(statement):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == library:
                names = [f"{node.module}:{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [f"{alias.name}:" for alias in node.names if alias.name.split(".")[0] == library]
            found.setdefault(where, set()).update(name for name in names if undocumented.search(name))
    return {where: names for where, names in found.items() if names}
