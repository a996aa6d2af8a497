"""Collinear splitting of one constituent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symbench.metrics.operations.base import Grid, Operation
from symbench.metrics.operations.moved import Moved, with_one_more
from symbench.registry import operation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]


@operation("collinear_split")
class CollinearSplit(Operation):
    """One constituent p, drawn in proportion to its transverse momentum, becomes z p and (1 − z) p.

    z is the fraction that is the operation's strength.
    """

    title = "collinear splitting"
    summary = "one constituent, drawn in proportion to its transverse momentum, becomes two parallel ones, z : 1 − z"
    kind = "constituents"
    grid = Grid("fractions", "fraction", (0.1, 0.5), most=0.5)
    order = 80

    def transformed(self, settings: Mapping[str, Any], vectors: Floats, mask: Mask, rng: np.random.Generator) -> Moved:
        import numpy as np

        count = len(vectors)
        pt = np.where(mask, np.hypot(vectors[..., 1], vectors[..., 2]), 0.0)
        edges = np.cumsum(pt, axis=1)
        chosen = (edges <= rng.random(count)[:, None] * edges[:, -1:]).sum(axis=1)
        splits = edges[:, -1] > 0
        chosen = np.where(splits, np.minimum(chosen, mask.shape[1] - 1), 0)
        rows = np.arange(count)
        part = np.where(splits, rng.choice(settings["fractions"], count), 0.0)[:, None] * vectors[rows, chosen]
        vectors = vectors.copy()
        vectors[rows, chosen] -= part
        return with_one_more(vectors, mask, part, chosen, splits)
