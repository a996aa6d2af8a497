"""The page of the keys of a suite, from the JSON schema that editors use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from text import code, page, plain, table

from symbench.suite.json_schema import suite_schema

_MOST_NAMES = 8


def page_of(schema: Mapping[str, Any]) -> str:
    """The page of a schema."""
    parts = [f"## The suite\n\n{_keys(schema)}"]
    parts += [f"## {name}\n\n{_about(model)}{_keys(model)}" for name, model in schema.get("$defs", {}).items()]
    introduction = (
        "A suite is a YAML file with these keys; `symbench schema` prints the same as a JSON schema for editors. A key "
        "that is not listed is an error, reported with its line before anything starts."
    )
    return page("Keys of a suite", introduction, *parts)


def page_of_suites() -> str:
    """The page of the keys that the built-in models accept."""
    return page_of(suite_schema(only_builtin=True))


def _about(model: Mapping[str, Any]) -> str:
    return plain(model["description"]) + "\n\n" if "description" in model else ""


def _keys(model: Mapping[str, Any]) -> str:
    required = set(model.get("required", ()))
    rows = []
    for key, entry in model.get("properties", {}).items():
        default = "required" if key in required else _default(entry.get("default"))
        rows.append(
            (code(key), " or ".join(dict.fromkeys(_types(entry))), default, plain(entry.get("description", "")))
        )
    return table(("key", "value", "default", "meaning"), rows)


def _default(value: object) -> str:
    return "" if value is None or isinstance(value, Mapping) else code(value)


def _types(entry: Mapping[str, Any]) -> Iterator[str]:
    """What may stand there, in words; models as links to their sections."""
    if "$ref" in entry:
        name = str(entry["$ref"]).rpartition("/")[2]
        yield f"[{name}](#{name.lower()})"
    elif "anyOf" in entry or "oneOf" in entry:
        for each in entry.get("anyOf", entry.get("oneOf", ())):
            yield from _types(each)
    elif "enum" in entry:
        names = [str(name) for name in entry["enum"]]
        yield ", ".join(map(code, names)) if len(names) <= _MOST_NAMES else "a registered name"
    elif "const" in entry:
        yield code(entry["const"])
    elif entry.get("type") == "array":
        yield "list of " + (" or ".join(dict.fromkeys(_types(entry.get("items", {})))) or "values")
    elif entry.get("type") == "object":
        yield "mapping"
    elif entry.get("type") != "null" and "type" in entry:
        yield str(entry["type"])
