"""`heisenberg`: a label whose symmetry is the Heisenberg algebra, which is nilpotent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


@task("heisenberg")
class Heisenberg(Toy):
    """y = Σ_p z_p² + (y₁z₂ − y₂z₁) + det(v₁, v₂, v₃) of three vectors v = (x, y, z).

    Proof: a linear map preserves a polynomial if and only if it preserves every homogeneous part, and every part of
    different symmetry under exchange of vectors. Σ z_p² implies that the last row of L vanishes, y₁z₂ − y₂z₁ then
    L₂₁ = L₂₂ = 0, and the determinant tr L = 0, so L₁₁ = 0. The remaining L₁₂, L₁₃ and L₂₃ form a nilpotent algebra
    with [E₁₂, E₂₃] = E₁₃.
    """

    summary: ClassVar[str] = "an invariant of the Heisenberg group on three vectors of R³; truth heisenberg(3)"
    dimension: ClassVar[int] = 3
    vectors: ClassVar[int] = 3

    def algebra(self) -> npt.NDArray[np.float64]:
        import numpy as np

        generators = np.zeros((3, 3, 3))
        for row, (i, j) in enumerate(((0, 1), (0, 2), (1, 2))):
            generators[row, i, j] = 1.0
        return generators

    def truth_name(self) -> str:
        return "heisenberg(3)"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        y, z = x[:, :, 1], x[:, :, 2]
        area = y[:, 0] * z[:, 1] - y[:, 1] * z[:, 0]
        return z.square().sum(dim=1) + area + x.det()
