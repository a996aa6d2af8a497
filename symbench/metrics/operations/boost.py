"""Boosts in an isotropic direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symbench.metrics.operations.base import RAPIDITIES, MatrixOperation
from symbench.registry import operation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@operation("boost")
class Boost(MatrixOperation):
    """A boost by the rapidity that is its strength, in an isotropic direction."""

    title = "boost"
    summary = "boost in an isotropic direction"
    kind = "lorentz"
    grid = RAPIDITIES
    lie_members = ("boost_x", "boost_y", "boost_z")
    order = 30

    def matrices(self, settings: Mapping[str, Any], count: int, rng: np.random.Generator) -> Floats:
        from symbench.algebra.lorentz import boosts, random_directions

        directions = random_directions(count, rng)
        return boosts(directions, rng.choice(settings["rapidities"], count))

    def lie_generators(self, settings: Mapping[str, Any]) -> dict[str, Floats]:
        from symbench.algebra.lorentz import boost_generators

        return dict(zip(self.lie_members, boost_generators(), strict=True))
