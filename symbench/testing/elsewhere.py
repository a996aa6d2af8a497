"""A task in a fresh process: what its module imports, and the digest that the task has there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass

from symbench.plugins import plugin_of
from symbench.tasks.base import Task
from symbench.testing.rules import require

HEAVY = ("torch", "numpy", "pandas", "scipy", "sklearn", "ray", "mlflow", "matplotlib", "pyarrow", "h5py", "awkward")
"""Packages whose import takes tenths of a second."""

_SCRIPT = """
import importlib, json, sys
asked = json.load(sys.stdin)
if asked["plugin"]:
    from symbench.plugins import Plugin, load_plugins
    load_plugins([Plugin(**asked["plugin"])])
module = importlib.import_module(asked["module"])
heavy = [] if asked["plugin"] else [name for name in asked["heavy"] if name in sys.modules]
cls = getattr(module, asked["class"])
cls.name = asked["name"]
print(json.dumps({"digest": cls(**asked["parameters"]).digest, "heavy": heavy}))
"""


@dataclass(frozen=True)
class Elsewhere:
    """A task in another process, with another seed for the hashes of texts.

    digest   of its data
    heavy    the slow packages that the import of its module loads; none is asked of a plug-in
    """

    digest: str
    heavy: tuple[str, ...]


def describe_elsewhere(task: Task) -> Elsewhere:
    """Import the task's module in a fresh process and build the task there; raises ConformanceError if that fails."""
    cls = type(task)
    require(
        cls.__qualname__ == cls.__name__ and cls.__module__ != "__main__",
        f"{task.name}: {cls.__module__}.{cls.__qualname__} cannot be imported by name, as workers do: define the class "
        "at the top level of a module or of a plug-in file",
    )
    plugin = plugin_of(cls)
    request = {
        "plugin": asdict(plugin) if plugin else None,
        "module": cls.__module__,
        "class": cls.__name__,
        "name": task.name,
        "parameters": {**task.parameters(), **task.locations()},
        "heavy": HEAVY,
    }
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    other_seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        input=json.dumps(request),
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": other_seed},
        capture_output=True,
        text=True,
    )
    require(ended.returncode == 0, f"{task.name}: cannot be built in another process:\n{ended.stderr[-2000:]}")
    answer = json.loads(ended.stdout.splitlines()[-1])
    return Elsewhere(answer["digest"], tuple(answer["heavy"]))
