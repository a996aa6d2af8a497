"""The JSON schema of a suite, for editors: the models of `schema` with the registered names filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from symbench import registry
from symbench.suite.schema import NAMES, SuiteFile

SHIPPED = Path(__file__).with_name("schema.json")
"""The schema with the built-in names; `make schema` writes it."""


def schema_text(*, only_builtin: bool = False) -> str:
    """`suite_schema` as a text."""
    return json.dumps(suite_schema(only_builtin=only_builtin), indent=1, ensure_ascii=False) + "\n"


def suite_schema(*, only_builtin: bool = False) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a suite; it includes the names of loaded plug-ins.

    only_builtin   leave out the names that installed packages and plug-ins registered
    """
    registry.load_builtin()
    tables: dict[str, Mapping[str, Any]] = {
        "tasks": registry.TASKS,
        "discovery": registry.DISCOVERY,
        "classifiers": registry.CLASSIFIERS,
        "regressors": registry.REGRESSORS,
        "operations": registry.OPERATIONS,
    }
    names = {
        kind: sorted(name for name, entry in table.items() if not only_builtin or registry.is_builtin(entry))
        for kind, table in tables.items()
    }
    schema: dict[str, Any] = _named(SuiteFile.model_json_schema(), names)
    schema["anyOf"] = [{"required": [kind]} for kind in ("discovery", "challenge", "classification", "regression")]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "symbench suite"}


def _named(schema: Any, names: Mapping[str, Sequence[str]]) -> Any:
    """The schema with every mark replaced by the names of its table."""
    if isinstance(schema, list):
        return [_named(inner, names) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    replaced = {key: _named(value, names) for key, value in schema.items() if key != NAMES}
    return {**replaced, "enum": names[schema[NAMES]]} if NAMES in schema else replaced


if __name__ == "__main__":
    SHIPPED.write_text(schema_text(only_builtin=True), encoding="utf-8")
