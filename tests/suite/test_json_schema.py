"""The JSON schema of suites: current, complete, and of one opinion with symbench itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from symbench import registry
from symbench.suite.json_schema import SHIPPED, schema_text, suite_schema
from symbench.suite.schema import SuiteFile
from tests.cli.test_cli import symbench
from tests.conftest import ROOT

SUITES = sorted((ROOT / "suites").glob("*.yaml"))
SHIPPED_SCHEMA = json.loads(SHIPPED.read_text(encoding="utf-8"))
GOOD = "name: a\ndiscovery: [{task: so3, train_sizes: [10], methods: [random]}]\n"


def complaints(text: str) -> list[str]:
    return [
        error.message for error in jsonschema.Draft202012Validator(SHIPPED_SCHEMA).iter_errors(yaml.safe_load(text))
    ]


def test_the_shipped_schema_is_current() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == schema_text(only_builtin=True), "run `make schema`"
    jsonschema.Draft202012Validator.check_schema(SHIPPED_SCHEMA)


@pytest.mark.parametrize("file", SUITES, ids=lambda file: file.stem)
def test_every_suite_is_valid_and_names_the_schema(file: Path) -> None:
    text = file.read_text()
    assert complaints(text) == []
    first = text.splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (file.parent / first.partition("=")[2]).resolve() == SHIPPED


@pytest.mark.parametrize(
    "more",
    [
        "seeds: 3",
        "seeds: [0, 5]",
        "timeout: 10 min",
        "timeout: 90",
        "resources: {memory: 4 GiB, gpus: 0.5, labels: {pool: a100}}",
        "tune: {trials: 8}",
        "tune: false",
        "plugins: []",
        "classification: [{task: {name: top-tagging}, train_sizes: [9], methods: [pfn, {name: mlp, workers: 2}], "
        "operations: [rotation, {name: boost, rapidity: 1.0}]}]",
    ],
)
def test_the_short_forms_of_a_suite_are_valid(more: str) -> None:
    assert SuiteFile.model_validate(yaml.safe_load(GOOD + more))
    assert complaints(GOOD + more) == []


@pytest.mark.parametrize(
    "text",
    [
        "name: a",
        GOOD.replace("name: a", "name: ''"),
        GOOD.replace("so3", "so33"),
        GOOD.replace("[random]", "[pfn]"),
        GOOD.replace("[random]", "[]"),
        GOOD.replace("[random]", "[{name: randm}]"),
        GOOD.replace("[10]", "[0]"),
        GOOD + "sedes: 3",
        GOOD + "seeds: 0",
        GOOD + "timeout: 10 minutes",
        GOOD + "resources: {memory: 4}",
        GOOD + "tune: true",
        GOOD + "classification: [{task: top-tagging, train_sizes: [9], methods: [pfn], operations: [rotate]}]",
        GOOD.replace("[random]", "[{name: random, published: [{metric: f1, value: 1, source: x, agrees: roughly}]}]"),
    ],
)
def test_a_mistake_is_marked(text: str) -> None:
    assert complaints(text)


def test_every_key_has_a_description() -> None:
    def keys(schema: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(schema, dict):
            for key, value in schema.get("properties", {}).items():
                yield f"{place}.{key}", value
        for key, inner in schema.items() if isinstance(schema, dict) else enumerate(schema):
            if isinstance(inner, dict | list):
                yield from keys(inner, f"{place}.{key}")

    found = list(keys(SHIPPED_SCHEMA, ""))
    assert len(found) > 30
    assert [place for place, value in found if not value.get("description")] == []


def test_names_are_those_of_the_registry_and_of_loaded_plugins(
    tmp_path: Path, behaviours: object, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps(SHIPPED_SCHEMA)
    builtin = [
        name
        for group, table in registry.TABLES.items()
        if group != "symbench.readers"  # a parameter of two tasks: `symbench tasks NAME` lists their parameters
        for name, entry in table.items()
        if registry.is_builtin(entry)
    ]
    assert len(builtin) > 60
    assert [name for name in builtin if f'"{name}"' not in text] == []
    assert '"behave"' not in text
    assert '"behave"' in json.dumps(suite_schema())
    code, out, _ = symbench(capsys, "schema")
    assert code == 0
    assert json.loads(out) == suite_schema()
