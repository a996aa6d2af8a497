"""`su3`: norms and the determinant of three vectors of C³, whose symmetry is su(3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


@task("su3")
class Su3(Toy):
    """y = Σ_p ‖z_p‖² + Re det(z₁, z₂, z₃) of three vectors of C³, written as (Re, Im) in R⁶.

    Proof: a linear map preserves the quadratic and the cubic part separately. The first gives so(6). The stabiliser of
    the three-form Re dz₁∧dz₂∧dz₃ in gl(6) is sl(3,C) (N. Hitchin, J. Differential Geom. 55 (2000) 547), and
    so(6) ∩ sl(3,C) = su(3), eight generators.
    """

    summary: ClassVar[str] = "Σ‖z‖² + Re det of three vectors of C³ as R⁶; truth su(3)"
    dimension: ClassVar[int] = 6
    vectors: ClassVar[int] = 3

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import su

        return su(3)

    def truth_name(self) -> str:
        return "su(3)"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        determinant: torch.Tensor = torch.complex(x[..., :3], x[..., 3:]).det()
        return x.square().sum(dim=(1, 2)) + determinant.real
