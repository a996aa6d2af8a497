"""The YAML of docs/data.md is valid: every example is built as the task that it is about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from symbench.registry import find_task
from symbench.tasks.base import Task

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
SECTIONS = {
    "Source by source": "jet-table",
    "Your own table of vectors": "table",
    "Trajectories": "trajectory-table",
}
MISSING: dict[str, dict[str, Any]] = {
    "jet-table": {"path": "a.h5", "label": "y"},
    "table": {"path": "a.parquet"},
    "trajectory-table": {"path": "a.csv", "time": "t"},
}


def built(name: str, params: dict[str, Any]) -> Task:
    missing = {key: value for key, value in MISSING.get(name, {}).items() if key != "label" or "files" not in params}
    return find_task(name)(**{**missing, **params})


def test_every_example_is_a_task() -> None:
    found: list[str] = []
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        title = section.splitlines()[0]
        for block in re.findall(r"```yaml\n(.*?)```", section, flags=re.DOTALL):
            content = yaml.safe_load(block)
            entries: list[Any] = content if isinstance(content, list) else []
            if isinstance(content, dict) and "discovery" in content:
                entries = [*content["discovery"], *content.get("classification", [])]
            if not entries:
                entries = [{"task": {"name": SECTIONS[title], "params": content}}]
            found += [built(entry["task"]["name"], entry["task"]["params"]).name for entry in entries]
    assert {"jetclass", "jet-table", "table", "trajectory-table", "jets"} <= set(found)
    assert len(found) >= 9
