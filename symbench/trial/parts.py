"""Independent parts of one computation: one after the other in this process, or where the trial's executor runs them.

A method that is expensive passes its parts to `map_parts` and sets `in_parts`. It does not learn who computes them, and
its result must not depend on it: a part is a function of its arguments alone, and results come in the order of parts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Protocol, TypeVar

S = TypeVar("S")
A = TypeVar("A")
B = TypeVar("B")


class PartMap(Protocol):
    """Applies a function to parts, and yields the results in the order of the parts.

    Parts are taken from the iterable as they are needed, and results that were not yet taken are few, so that memory
    holds neither all parts nor all results.
    """

    def __call__(self, function: Callable[[S, A], B], shared: S, parts: Iterable[A]) -> Iterator[B]: ...


def one_after_the_other(function: Callable[[S, A], B], shared: S, parts: Iterable[A]) -> Iterator[B]:
    """The results of `function(shared, part)`, computed in this process when they are taken."""
    return (function(shared, part) for part in parts)


_MAP: ContextVar[PartMap] = ContextVar("symbench_parts", default=one_after_the_other)


def map_parts(function: Callable[[S, A], B], shared: S, parts: Iterable[A]) -> Iterator[B]:
    """`function(shared, part)` of every part, in order, wherever the trial computes its parts.

    function   can be imported by name, and changes neither argument
    shared     what all parts read; it reaches each process once. Arrays in it may be read-only

    With several workers all of it is pickled. Raises what the function raises.
    """
    return _MAP.get()(function, shared, parts)


@contextlib.contextmanager
def parts_mapped_by(part_map: PartMap) -> Iterator[None]:
    """Let `map_parts` use this map in the block."""
    token = _MAP.set(part_map)
    try:
        yield
    finally:
        _MAP.reset(token)
