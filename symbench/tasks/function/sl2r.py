"""`sl2r`: the area that two vectors of the plane span, whose symmetry is sl(2,R)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


@task("sl2r")
class Sl2R(Toy):
    """y = det(u, v) = u₁v₂ − u₂v₁, invariant under maps of determinant 1: traceless L, by d det = tr L · det.

    sl(2,R) is isomorphic to so(2,1), by whose name abstract algebras go here, and to su(1,1).
    """

    summary: ClassVar[str] = "det(u, v) of two vectors of R²; truth sl(2,R), isomorphic to so(2,1)"
    dimension: ClassVar[int] = 2
    vectors: ClassVar[int] = 2

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import sl

        return sl(2)

    def truth_name(self) -> str:
        return "so(2,1)"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, 0, 0] * x[:, 1, 1] - x[:, 0, 1] * x[:, 1, 0]
