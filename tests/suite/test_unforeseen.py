"""Exceptions that no check of a suite foresaw have a place in the file as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from symbench import registry
from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.errors import MissingExtraError, SuiteError
from symbench.registry import discovery_method
from symbench.suite.resolve import parse_suite
from symbench.tasks.base import Task

SUITE = """name: raises
discovery:
  - task: so3
    train_sizes: [50]
    methods:
      - random
      - name: raising
        params: {how: 3}
"""
RAISE: list[Exception] = []


@pytest.fixture(autouse=True)
def raising() -> Iterator[None]:
    """A method that raises at plan time, if its parameter `how` is set."""

    class Raising(DiscoveryMethod):
        version: ClassVar[str] = "1"
        summary: ClassVar[str] = "raises when it is asked for its tracks"
        tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})
        how: float = 0

        def incompatibility(self, task: Task) -> str | None:
            if self.how == 3:
                raise RAISE[0]
            return None

    discovery_method("raising")(Raising)
    yield
    del registry.DISCOVERY["raising"]
    RAISE.clear()


@pytest.mark.parametrize("error", [TypeError, OverflowError, RecursionError, KeyError, AttributeError, MemoryError])
def test_the_error_is_at_the_value_that_is_to_blame(error: Callable[[str], Exception], tmp_path: Path) -> None:
    RAISE.append(error("why\x1b[2J"))
    with pytest.raises(SuiteError) as raised:
        parse_suite(SUITE, folder=tmp_path)
    (problem,) = raised.value.problems
    assert (problem.path, problem.line) == ("discovery[0].methods[1].params.how", 8)
    assert "\x1b" not in problem.message
    assert raised.value.__cause__ is RAISE[0]


def test_errors_with_a_meaning_of_their_own_pass_through(tmp_path: Path) -> None:
    RAISE.append(MissingExtraError("install it"))
    with pytest.raises(MissingExtraError):
        parse_suite(SUITE, folder=tmp_path)


def test_a_parameter_without_canonical_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"params.how \(line 8\): input should be a finite number"):
        parse_suite(SUITE.replace("how: 3", "how: .inf"), folder=tmp_path)


def test_jets_that_leave_none_to_train_with_have_their_place(tmp_path: Path) -> None:
    text = "name: x\ndiscovery:\n- task: {name: top-tagging-density, params: {jets: 1000, test_jets: 2000}}\n"
    text += "  train_sizes: [50]\n  methods: [liegan]\n"
    with pytest.raises(SuiteError, match=r"task.*\(line 3\): .*leave none of the jets"):
        parse_suite(text, folder=tmp_path)
