"""Changes of scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symbench.metrics.operations.base import Grid, MatrixOperation
from symbench.registry import operation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@operation("scale")
class Scale(MatrixOperation):
    """Every four-momentum times the factor that is its strength."""

    title = "change of scale"
    summary = "four-momenta times a factor"
    kind = "linear"
    grid = Grid("factors", "factor", (0.5, 2.0), most=100.0, above=0.009)
    lie_members = ("scale",)
    order = 50

    def matrices(self, settings: Mapping[str, Any], count: int, rng: np.random.Generator) -> Floats:
        import numpy as np

        return np.asarray(rng.choice(settings["factors"], count)[:, None, None] * np.eye(4))

    def lie_generators(self, settings: Mapping[str, Any]) -> dict[str, Floats]:
        import numpy as np

        return {"scale": np.eye(4)}
