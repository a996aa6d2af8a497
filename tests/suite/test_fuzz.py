"""No text and no tree makes the suite loader raise anything but SuiteError."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbench.errors import Problem, SuiteError
from symbench.suite.resolve import parse_suite
from tests.conftest import ROOT
from tests.suite.mutations import mutation, suite_texts

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


def _check_mutations(numbers: range) -> None:
    """Each mutated suite is read, or refused with the file, the line and one visible line of text a problem."""
    folder = ROOT / "suites"
    texts = suite_texts(folder)
    refused = 0
    for number in numbers:
        name, text = mutation(texts, number)
        where = f"mutation {number} of {name}"
        problems = _problems(text, folder, where)
        refused += bool(problems)
        for problem in problems:
            assert problem.line is not None, f"{where}: {problem!r}"
            assert str(problem).replace("\n", " ").isprintable(), f"{where}: {problem!r}"
    assert 0.5 * len(numbers) < refused < len(numbers), "mutations that change too little, or too much"


def _problems(text: str, folder: Path, where: str) -> tuple[Problem, ...]:
    """What a suite is refused for; AssertionError for any other exception."""
    try:
        parse_suite(text, folder=folder)
    except SuiteError as error:
        return error.problems
    except BaseException as error:
        raise AssertionError(f"{where}: {type(error).__name__}: {error}") from error
    return ()


def test_mutated_suites_are_read_or_refused_with_their_place() -> None:
    _check_mutations(range(2_000))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_hundred_thousand_mutated_suites() -> None:
    _check_mutations(range(100_000))


PLACES = [
    ("seeds: !!timestamp 2001-99-99", "seeds (line 2)", "the tag '!!timestamp' is not used"),
    ("seeds: " + "9" * 5000, "seeds (line 2)", "cannot be read as int"),
    ("seeds: 0x" + "f" * 5000, "seeds (line 2)", "an integer of more than 100 digits"),
    ('"a\\nb": 1', "a b (line 2)", "unknown key"),
    ('"a\n  b": 1', "(line 3)", "could not find expected ':'"),
    ("seeds: !!bool x", "seeds (line 2)", "'x' cannot be read as bool"),
    ("seeds: !!map x", "seeds (line 2)", "mapping of keys to values"),
    ("1: 2", "1 (line 2)", "a key must be text"),
    ('description: "\\ud800"', "description (line 2)", "the character U+D800 is not allowed"),
    ('description: "\\0"', "description (line 2)", "the character U+0000 is not allowed"),
    ("description: \x07", "(top level) (line 2)", "the character U+0007 is not allowed"),
    ("<<: 1", "<< (line 2)", "expected a mapping"),
    ("seeds: [[" + "[" * 300, "(line 2)", "nested too deeply"),
]


@pytest.mark.parametrize(("line", "place", "message"), PLACES, ids=[place[2] for place in PLACES])
def test_errors_of_yaml_have_line_and_key(tmp_path: Path, line: str, place: str, message: str) -> None:
    with pytest.raises(SuiteError) as raised:
        parse_suite(f"name: x\n{line}\n", folder=tmp_path)
    assert place in str(raised.value)
    assert message in str(raised.value)


def test_a_date_is_a_text(tmp_path: Path) -> None:
    text = (
        "name: 2026-01-01\ndiscovery:\n- {task: so3, train_sizes: [50], methods: [{name: random, label: 2026-02-31}]}\n"
    )
    suite = parse_suite(text, folder=tmp_path)
    assert (suite.name, suite.blocks[0].entries[0].label) == ("2026-01-01", "2026-02-31")
