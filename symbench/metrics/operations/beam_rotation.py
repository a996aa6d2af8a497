"""Rotations about the beam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symbench.metrics.operations.base import MatrixOperation
from symbench.registry import operation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@operation("beam_rotation")
class BeamRotation(MatrixOperation):
    """A rotation about the beam, uniform in angle."""

    title = "rotation about the beam"
    summary = "rotation about the beam, uniform in angle"
    kind = "lorentz"
    lie_members = ("rotation_z",)
    order = 20

    def matrices(self, settings: Mapping[str, Any], count: int, rng: np.random.Generator) -> Floats:
        import numpy as np

        from symbench.algebra.lorentz import beam_rotations

        return beam_rotations(rng.uniform(-np.pi, np.pi, count))

    def lie_generators(self, settings: Mapping[str, Any]) -> dict[str, Floats]:
        from symbench.algebra.lorentz import rotation_generators

        return {"rotation_z": rotation_generators()[2]}
