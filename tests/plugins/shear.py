"""A symmetry operation of a third party: a shear of the transverse momenta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.metrics.operations.base import Grid, MatrixOperation
from symbench.registry import operation

Floats = npt.NDArray[np.float64]


@operation("shear")
class Shear(MatrixOperation):
    """px → px + s py."""

    version = "1"
    title = "transverse shear"
    summary = "px gains a share of py"
    kind = "linear"
    grid = Grid("slopes", "slope", (0.5,), most=2.0)
    lie_members = ("shear_xy",)

    def matrices(self, settings: Mapping[str, Any], count: int, rng: np.random.Generator) -> Floats:
        slopes = rng.choice(settings["slopes"], count)
        return np.asarray(np.eye(4) + slopes[:, None, None] * self.lie_generators(settings)["shear_xy"])

    def lie_generators(self, settings: Mapping[str, Any]) -> dict[str, Floats]:
        generator = np.zeros((4, 4))
        generator[1, 2] = 1.0
        return {"shear_xy": generator}
