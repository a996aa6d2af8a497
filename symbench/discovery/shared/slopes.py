"""Arrays with an axis of events that are evaluated block by block: gradients at more events than memory holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Rows = slice | npt.NDArray[np.intp]

BLOCK = 2_048
"""Events that are evaluated at once."""

STRETCH = 16 * BLOCK
"""Events whose sums are one part of a fit (`trial.parts`): more workers than stretches gain nothing in the sums."""


def blocks(events: int | slice) -> Iterator[slice]:
    """Consecutive slices that cover so many events, or those of a stretch."""
    return _cut(events if isinstance(events, slice) else slice(0, events), BLOCK)


def stretches(events: int) -> Iterator[slice]:
    """Consecutive slices of at most STRETCH events: the sums over a sample are those of its stretches, in order.

    So they are the same numbers whoever computes them.
    """
    return _cut(slice(0, events), STRETCH)


def _cut(rows: slice, length: int) -> Iterator[slice]:
    return (slice(start, min(start + length, rows.stop)) for start in range(rows.start, rows.stop, length))


def total(parts: Iterable[Sequence[FloatArray]]) -> list[FloatArray]:
    """The sums of the arrays of all parts, array by array; the parts are read once and not changed."""
    sums: list[FloatArray] = []
    for part in parts:
        sums = sums or [np.zeros_like(array) for array in part]
        for array, more in zip(sums, part, strict=True):
            array += more
    return sums


@dataclass(frozen=True)
class Blocked:
    """An array (N, …) of which `evaluate` gives some rows."""

    evaluate: Callable[[Rows], FloatArray]
    shape: tuple[int, ...]

    def __getitem__(self, rows: Rows) -> FloatArray:
        return self.evaluate(rows)


@dataclass(frozen=True)
class Slopes:
    """Gradients (folds, 1, N, P, r) of one function per fold, not held in memory: (folds, n, P, r) at n events.

    Only what is linear in a gradient, and local to an event, can be done with them without evaluating them: `mapped`.
    """

    evaluate: Callable[[Rows], FloatArray]
    shape: tuple[int, int, int, int, int]

    def __len__(self) -> int:
        return self.shape[0]

    def at(self, rows: Rows) -> FloatArray:
        """(folds, n, P, r) at some events."""
        return self.evaluate(rows)

    def mapped(self, change: Callable[[FloatArray, Rows], FloatArray], components: int) -> Slopes:
        """Other components of the same gradients: `change` receives gradients (folds, n, P, r) and their events."""
        inner = self.evaluate
        return replace(self, evaluate=lambda rows: change(inner(rows), rows), shape=(*self.shape[:4], components))

    def __matmul__(self, matrix: FloatArray) -> Slopes:
        """The components along the columns of a matrix (r, r′), as for an array."""
        return self.mapped(lambda gradients, _: np.asarray(gradients @ matrix), matrix.shape[1])
