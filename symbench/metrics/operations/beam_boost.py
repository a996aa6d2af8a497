"""Boosts along the beam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symbench.metrics.operations.base import RAPIDITIES, MatrixOperation
from symbench.registry import operation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@operation("beam_boost")
class BeamBoost(MatrixOperation):
    """A boost along the beam by the rapidity that is its strength, either way with equal probability."""

    title = "boost along the beam"
    summary = "boost along the beam, either way"
    kind = "lorentz"
    grid = RAPIDITIES
    lie_members = ("boost_z",)
    order = 40

    def matrices(self, settings: Mapping[str, Any], count: int, rng: np.random.Generator) -> Floats:
        import numpy as np

        from symbench.algebra.lorentz import boosts

        sign = rng.choice([-1.0, 1.0], count)
        return boosts(np.tile([0.0, 0.0, 1.0], (count, 1)), sign * rng.choice(settings["rapidities"], count))

    def lie_generators(self, settings: Mapping[str, Any]) -> dict[str, Floats]:
        from symbench.algebra.lorentz import boost_generators

        return {"boost_z": boost_generators()[2]}
