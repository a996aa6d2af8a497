"""Emission of one soft constituent."""

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


SOFT_RADIUS = 0.4
_LARGEST_RAPIDITY = 12.0  # of the new constituent: limits its energy in jets along the beam


@operation("soft_emission")
class SoftEmission(Operation):
    """One massless constituent more, uniform in the disc ΔR < 0.4 about the jet axis.

    Its transverse momentum is that of the jet times the fraction that is the operation's strength.
    """

    title = "soft emission"
    summary = (
        "one massless constituent more, of this fraction of the jet's transverse momentum, within ΔR < 0.4 of its axis"
    )
    kind = "constituents"
    grid = Grid("fractions", "fraction", (1e-3, 1e-2), most=0.5)
    order = 70

    def transformed(self, settings: Mapping[str, Any], vectors: Floats, mask: Mask, rng: np.random.Generator) -> Moved:
        import numpy as np

        count = len(vectors)
        jet = vectors.sum(axis=1)
        radius, angle = SOFT_RADIUS * np.sqrt(rng.random(count)), rng.uniform(-np.pi, np.pi, count)
        pt = np.hypot(jet[:, 1], jet[:, 2])
        eta = np.arcsinh(jet[:, 3] / np.maximum(pt, 1e-12)) + radius * np.cos(angle)
        phi = np.arctan2(jet[:, 2], jet[:, 1]) + radius * np.sin(angle)
        eta = np.clip(eta, -_LARGEST_RAPIDITY, _LARGEST_RAPIDITY)
        soft = rng.choice(settings["fractions"], count) * pt
        direction = np.stack([np.cosh(eta), np.cos(phi), np.sin(phi), np.sinh(eta)], axis=1)
        return with_one_more(vectors, mask, soft[:, None] * direction, np.full(count, -1), soft > 0)
