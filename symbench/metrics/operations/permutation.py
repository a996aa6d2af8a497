"""Permutations of the constituents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symbench.metrics.operations.base import Operation
from symbench.metrics.operations.moved import Moved, ordered
from symbench.registry import operation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]


@operation("permutation")
class Permutation(Operation):
    """The constituents in a random order, before the padding."""

    title = "permutation"
    summary = "constituents in a random order"
    kind = "constituents"
    order = 60

    def transformed(self, settings: Mapping[str, Any], vectors: Floats, mask: Mask, rng: np.random.Generator) -> Moved:
        import numpy as np

        order = np.argsort(np.where(mask, rng.random(mask.shape), 2.0), axis=1)
        return ordered(vectors, mask, np.broadcast_to(np.arange(mask.shape[1]), mask.shape), order)
