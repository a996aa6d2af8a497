"""The operations of a suite's block: their settings checked, and whose generators they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from symbench.errors import nearest
from symbench.metrics.operations import OPERATIONS
from symbench.trial.reference import PLACEHOLDER, From


@dataclass(frozen=True)
class Operations:
    """What a block measures invariance under, in the order of names.

    evaluation  settings, complete; generators that another entry of the suite finds are PLACEHOLDER
    wanted      whose generators those are
    place       of the operation that wants them, in the list
    """

    evaluation: list[dict[str, Any]]
    wanted: From | None
    place: int


def read_operations(
    asked: Sequence[Mapping[str, Any]], add: Callable[[tuple[str | int, ...], str, object, str | None], None]
) -> Operations:
    """Check the operations as a suite lists them; `add` is told of every problem: place, message, value, hint."""
    if not asked:
        add((), "an empty list; leave the key out to measure under every operation", None, None)
    found: dict[str, dict[str, Any]] = {}
    wanted, place = None, 0
    for index, operation in enumerate(asked):
        name = operation.get("name")
        if not isinstance(name, str) or name not in OPERATIONS:
            add((index,), "unknown operation", name, nearest(str(name), OPERATIONS))
            continue
        if name in found:
            add((index,), "the same operation twice", name, None)
        given = {key: value for key, value in operation.items() if key != "name"}
        if OPERATIONS[name].given and "from" in given:
            if "generators" in given:
                add((index,), "generators and from: one of them is enough", name, None)
            named = {key: given.pop(key) for key in ("from", "task", "train_size") if key in given}
            try:
                wanted, place = From.model_validate(named), index
            except ValidationError as error:
                first = error.errors()[0]
                add((index, *first["loc"]), first["msg"], first["input"], None)
            given["generators"] = PLACEHOLDER
        try:
            found[name] = OPERATIONS[name].settings(given)
        except ValueError as error:
            add((index,), str(error), dict(operation), None)
    return Operations([{"name": name, **found[name]} for name in sorted(found)], wanted, place)
