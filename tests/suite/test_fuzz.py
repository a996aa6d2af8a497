"""No text and no tree makes the suite loader raise anything but SuiteError."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbench.errors import SuiteError
from symbench.suite.resolve import parse_suite
from tests.conftest import ROOT

SHIPPED = (ROOT / "suites" / "cms.yaml").read_text()
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates()
words = st.sampled_from(
    ["name", "params", "task", "methods", "train_sizes", "seeds", "discovery", "classification", "so3", "nullspace"]
)
trees = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def _load(text: str, folder: Path) -> None:
    with contextlib.suppress(SuiteError):
        parse_suite(text, folder=folder)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
@SETTINGS
def test_any_text(tmp_path: Path, text: str) -> None:
    _load(text, tmp_path)


@given(st.data())
@SETTINGS
def test_a_good_suite_cut_and_spoiled(tmp_path: Path, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SHIPPED)))
    length = data.draw(st.integers(0, 30))
    _load(SHIPPED[:start] + data.draw(st.text(max_size=6)) + SHIPPED[start + length :], tmp_path)


@given(st.data())
@SETTINGS
def test_a_good_suite_with_any_value_replaced(tmp_path: Path, data: st.DataObject) -> None:
    tree: Any = yaml.safe_load(SHIPPED)
    node: Any = tree
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        child = node[key]
        if not isinstance(child, dict | list) or not child or data.draw(st.booleans()):
            node[key] = data.draw(trees)
            break
        node = child
    _load(yaml.safe_dump(tree), tmp_path)


@pytest.mark.parametrize("value", [".inf", "-.inf", ".nan", "1e999", "0x10", "1_000", "~", "2026-01-01", "'\\0'"])
def test_odd_scalars_anywhere(tmp_path: Path, value: str) -> None:
    for place in ("seeds: 5", "timeout: 10 min", "name: cms", "baseline: pfn", "seeds: 3"):
        _load(SHIPPED.replace(place, f"{place.split(':')[0]}: {value}"), tmp_path)
    _load(SHIPPED.replace("[50, 100, 200, 400]", f"[50, {value}]"), tmp_path)
