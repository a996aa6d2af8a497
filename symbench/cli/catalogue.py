"""`symbench methods` and `symbench tasks`: registered components with summaries, references and parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from symbench.cli.options import PluginOption, open_plugins
from symbench.words import one_line

if TYPE_CHECKING:
    from symbench.component import Component

NameArgument = Annotated[
    str | None, typer.Argument(help="A name, to show it with all its parameters.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def methods(name: NameArgument = None, as_json: JsonOption = False, plugin: PluginOption = None) -> None:
    """List discovery methods, classifiers and regressors, or describe one."""
    from symbench import registry

    open_plugins(plugin)
    registry.load_builtin()
    groups = {
        "discovery": registry.DISCOVERY,
        "classification": registry.CLASSIFIERS,
        "regression": registry.REGRESSORS,
    }
    _show(groups, name, "method", as_json)


def tasks(name: NameArgument = None, as_json: JsonOption = False, plugin: PluginOption = None) -> None:
    """List tasks, or describe one."""
    from symbench import registry

    open_plugins(plugin)
    registry.load_builtin()
    groups: dict[str, dict[str, Any]] = {}
    for task, cls in registry.TASKS.items():
        groups.setdefault(str(cls.track), {})[task] = cls
    _show(groups, name, "task", as_json)


def _show(groups: dict[str, Any], name: str | None, kind: str, as_json: bool) -> None:
    selected: list[tuple[str, str, type[Component]]] = [
        (group, each, cls) for group, members in groups.items() for each, cls in sorted(members.items())
    ]
    if name is not None:
        known = {each for _, each, _ in selected}
        if name not in known:
            from symbench.errors import UnknownNameError

            raise UnknownNameError(kind, name, known)
        selected = [entry for entry in selected if entry[1] == name]  # a classifier and a regressor may share a name
    if as_json:
        typer.echo(json.dumps([_as_json(group, cls) for group, _, cls in selected], indent=1))
        return
    width = max(len(each) for _, each, _ in selected)
    last = None
    for group, each, cls in selected:
        if group != last:
            typer.echo(f"{group}:")
            last = group
        reference = f"  [{cls.reference}]" if cls.reference else ""
        typer.echo(one_line(f"  {each.ljust(width)}  {cls.summary}{reference}"))
        if name is not None:
            _parameters(cls)
    if name is None:
        typer.echo(f"`symbench {kind}s NAME` shows one of them with its parameters.")


def _parameters(cls: type[Component]) -> None:
    for field, info in cls.model_fields.items():
        default = "required" if info.is_required() else f"default {info.get_default(call_default_factory=True)!r}"
        typer.echo(one_line(f"    {field}: {info.description or ''} ({default})"))


def _as_json(group: str, cls: type[Component]) -> dict[str, Any]:
    return {
        "name": cls.name,
        "group": group,
        "summary": cls.summary,
        "reference": cls.reference,
        "version": cls.version,
        "parameters": cls.model_json_schema(),
    }
