"""`sp4`: the symplectic form of two vectors of R⁴, whose symmetry is sp(4,R)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


@task("sp4")
class Sp4(Toy):
    """y = ω(u, v) = u₁v₃ + u₂v₄ − u₃v₁ − u₄v₂: linear canonical transformations of (q₁, q₂, p₁, p₂), by definition.

    sp(4,R) is isomorphic to so(2,3), by whose name abstract algebras go here; R⁴ are its spinors.
    """

    summary: ClassVar[str] = "ω(u, v), the symplectic form of two vectors of R⁴; truth sp(4,R), isomorphic to so(2,3)"
    dimension: ClassVar[int] = 4
    vectors: ClassVar[int] = 2

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import sp

        return sp(2)

    def truth_name(self) -> str:
        return "so(2,3)"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        u, v = x[:, 0], x[:, 1]
        return (u[:, :2] * v[:, 2:] - u[:, 2:] * v[:, :2]).sum(dim=1)
