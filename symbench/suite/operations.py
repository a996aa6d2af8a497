"""The operations of a suite's block: their settings checked, and the entry whose generators they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from symbench import registry
from symbench.errors import UnknownNameError, nearest
from symbench.metrics.operations.base import Operation
from symbench.trial.reference import PLACEHOLDER, From


@dataclass(frozen=True)
class Operations:
    """The operations of a block, in the order of their names.

    evaluation  complete settings; generators of another entry of the suite are PLACEHOLDER
    wanted      the entry that supplies those generators; None if no operation needs one
    place       index of the operation that needs them
    """

    evaluation: list[dict[str, Any]]
    wanted: From | None
    place: int


def read_operations(
    stated: Sequence[Mapping[str, Any]], add: Callable[[tuple[str | int, ...], str, object, str | None], None]
) -> Operations:
    """Check the operations as a suite lists them; `add` receives every problem: place, message, value, hint."""
    if not stated:
        add((), "an empty list; leave the key out to measure under every operation", None, None)
    complete: dict[str, dict[str, Any]] = {}
    wanted, place = None, 0
    for index, entry in enumerate(stated):
        name = str(entry.get("name"))
        try:
            operation = registry.find_operation(name)
        except UnknownNameError as error:
            add((index,), "unknown operation", entry.get("name"), nearest(name, error.known))
            continue
        if name in complete:
            add((index,), "the same operation twice", name, None)
        settings = {key: value for key, value in entry.items() if key != "name"}
        if operation.needs_generators and "from" in settings:
            if "generators" in settings:
                add((index,), "has both generators and from: state one of them", name, None)
            named = {key: settings.pop(key) for key in ("from", "task", "train_size") if key in settings}
            try:
                wanted, place = From.model_validate(named), index
            except ValidationError as error:
                first = error.errors()[0]
                add((index, *first["loc"]), first["msg"], first["input"], None)
            settings["generators"] = PLACEHOLDER
        try:
            complete[name] = {**_version(operation), **operation.settings(settings)}
        except ValueError as error:
            add((index,), str(error), dict(entry), None)
    return Operations([{"name": name, **complete[name]} for name in sorted(complete)], wanted, place)


def _version(operation: Operation) -> dict[str, str]:
    """The version of a third party's operation, which enters the key; METRICS_VERSION covers the built-in ones."""
    return {} if registry.is_builtin(operation) else {"version": operation.version}
