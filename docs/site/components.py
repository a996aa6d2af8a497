"""The pages of tasks, methods, networks, operations and metrics, from the registry."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Mapping
from typing import Any

from text import code, documentation, page, plain, sentence, table

from symbench import builtin, registry
from symbench.component import Component
from symbench.metrics.metric import Metric
from symbench.metrics.operations.base import Operation

_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
_TRACKS = {
    "function": "which maps leave a label unchanged?",
    "distribution": "which maps leave a density unchanged?",
    "dynamics": "which functions are constant along trajectories, and which maps take trajectories to trajectories?",
    "invariant": "which functions do events without a label share?",
    "classification": "which class does a jet belong to?",
    "regression": "which tensor belongs to an event?",
}


def tasks() -> str:
    """Every task with its parameters, by track."""
    registry.load_builtin()
    tracks: dict[str, dict[str, type[Component]]] = {}
    for name, cls in registry.TASKS.items():
        tracks.setdefault(str(cls.track), {})[name] = cls
    parts = [f"## The {track} track\n\n*{_TRACKS[track]}*\n\n{_all(members)}" for track, members in tracks.items()]
    return page("Tasks", "A suite names a task by `task: NAME` or `task: {name: NAME, params: {…}}`.", *parts)


def discovery_methods() -> str:
    """Every discovery method with its parameters."""
    registry.load_builtin()
    introduction = "What can stand in `methods` of a block of `discovery`, with the tracks that each method has."
    return page("Discovery methods", introduction, _all(registry.DISCOVERY))


def networks() -> str:
    """Every classifier and regressor with its parameters."""
    registry.load_builtin()
    return page(
        "Classifiers and regressors",
        "What can stand in `methods` of a block of `classification` or `regression`.",
        "## Classifiers\n\n" + _all(registry.CLASSIFIERS),
        "## Regressors\n\n" + _all(registry.REGRESSORS),
    )


def operations() -> str:
    """Every operation under which invariance is measured."""
    registry.load_builtin()
    rows = []
    for operation in sorted(registry.operations(), key=lambda each: each.name):
        grid = getattr(operation, "grid", None)
        strengths = f"`{grid.name}`: {', '.join(f'{value:g}' for value in grid.default)}" if grid else ""
        rows.append((code(operation.name), _summary(type(operation)), strengths))
    introduction = (
        "Transformations of jets under which the invariance of a classifier is measured: `operations` of a block."
    )
    return page("Operations", introduction, table(("name", "transformation", "strengths by default"), rows))


def metrics() -> str:
    """The catalogue of metrics by the folder of the modules that compute them."""
    registry.load_builtin()
    groups: dict[str, list[Metric]] = {}
    for name in builtin.metric_modules():
        module = importlib.import_module(name)
        groups.setdefault(name.split(".")[2], []).extend(getattr(module, "METRICS", ()))
    introduction = (
        "The names are those of `metrics.parquet`, `--sort`, `--columns` and `Results.frame()`. Metrics of operations "
        "have the operation's name and strength in theirs, such as `invariance_boost_0.5_float32`."
    )
    header = ("metric", "title", "definition", "better")
    parts = []
    for group, entries in groups.items():
        rows = [(code(e.name), plain(e.heading), plain(e.definition), e.better or "") for e in entries]
        parts.append(f"## {group.capitalize()}\n\n{table(header, rows)}")
    return page("Metrics", introduction, *parts)


def _all(members: Mapping[str, type[Component]]) -> str:
    return "\n".join(_component(name, cls) for name, cls in sorted(members.items()))


def _component(name: str, cls: type[Component]) -> str:
    text = [f"### {name}", sentence(cls.summary), documentation(cls.__doc__ or "")]
    if cls.reference:
        text.append("*" + _ARXIV.sub(r"[arXiv:\1](https://arxiv.org/abs/\1)", plain(cls.reference)) + "*")
    rows = [
        (code(field), code(_default(info)), plain(info.description or "")) for field, info in cls.model_fields.items()
    ]
    text.append(table(("parameter", "default", "meaning"), rows))
    return "\n\n".join(part for part in text if part) + "\n"


def _default(info: Any) -> str:
    return "required" if info.is_required() else str(info.get_default(call_default_factory=True))


def _summary(cls: type[Operation]) -> str:
    return plain(inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0])
