"""Arrays with an axis of events that are evaluated block by block: gradients at more events than memory holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Rows = slice | npt.NDArray[np.intp]

BLOCK = 2_048
"""Events that are evaluated at once."""


def blocks(events: int) -> Iterator[slice]:
    """Consecutive slices that cover all events."""
    return (slice(start, min(start + BLOCK, events)) for start in range(0, events, BLOCK))


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
