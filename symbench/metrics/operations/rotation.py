"""Rotations in three dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symbench.metrics.operations.base import MatrixOperation
from symbench.registry import operation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@operation("rotation")
class Rotation(MatrixOperation):
    """A rotation about a random axis, uniform over SO(3)."""

    title = "rotation"
    summary = "rotation, uniform over SO(3)"
    kind = "lorentz"
    lie_members = ("rotation_x", "rotation_y", "rotation_z")
    order = 10

    def matrices(self, settings: Mapping[str, Any], count: int, rng: np.random.Generator) -> Floats:
        from symbench.algebra.lorentz import random_rotations

        return random_rotations(count, rng)

    def lie_generators(self, settings: Mapping[str, Any]) -> dict[str, Floats]:
        from symbench.algebra.lorentz import rotation_generators

        return dict(zip(self.lie_members, rotation_generators(), strict=True))
