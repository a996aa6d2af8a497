"""Parts are computed in this process by default, when their results are taken, and in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from symbench.trial.parts import map_parts, parts_mapped_by


def power(exponent: int, base: int) -> int:
    return int(base**exponent)


def test_parts_are_computed_in_order_and_only_when_they_are_taken() -> None:
    taken: list[int] = []

    def parts() -> Iterator[int]:
        for number in range(5):
            taken.append(number)
            yield number

    found = map_parts(power, 2, parts())
    assert (next(found), taken) == (0, [0])
    assert (list(found), taken) == ([1, 4, 9, 16], [0, 1, 2, 3, 4])


def test_a_map_holds_in_its_block_only_also_after_an_error() -> None:
    calls: list[object] = []

    def recorded(function: Callable[[Any, Any], Any], shared: Any, parts: Iterable[Any]) -> Iterator[Any]:
        calls.append(shared)
        return iter([function(shared, part) for part in parts])

    def go() -> None:
        with parts_mapped_by(recorded):
            assert list(map_parts(power, 3, [2])) == [8]
            list(map_parts(power, -1, [0]))

    with pytest.raises(ZeroDivisionError):
        go()
    assert list(map_parts(power, 1, [7])) == [7]
    assert calls == [3, -1]
