"""`unitary-2`: a label on C² whose symmetry is u(2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


@task("unitary-2")
class Unitary2(Toy):
    """y = ‖z‖² + ‖w‖² + Im(z†w) of two vectors of C², written as (Re, Im) in R⁴.

    Proof: in R⁴ ⊗ R² the form is 1 ⊗ 1 + ½ J ⊗ ε with the complex structure J, ε antisymmetric. L ⊗ 1 preserves it if
    and only if Lᵀ + L = 0 and LᵀJ + JL = 0, as 1 and ε are linearly independent: so(4) ∩ sp(4,R) = u(2), four
    generators.
    """

    summary: ClassVar[str] = "‖z‖² + ‖w‖² + Im z†w of two vectors of C² as R⁴; truth u(2)"
    dimension: ClassVar[int] = 4
    vectors: ClassVar[int] = 2

    def algebra(self) -> npt.NDArray[np.float64]:
        """iσ for σ in (1, σ_x, σ_y, σ_z), i the complex structure on (Re, Im)."""
        import numpy as np

        pauli = [
            np.eye(2),
            np.array([[0, 1], [1, 0]]),
            np.array([[0, -1j], [1j, 0]]),
            np.diag([1.0, -1.0]),
        ]
        complex_matrices = [1j * matrix for matrix in pauli]
        return np.stack([np.block([[m.real, -m.imag], [m.imag, m.real]]) for m in complex_matrices])

    def truth_name(self) -> str:
        return "u(2)"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        z, w = x[:, 0], x[:, 1]
        imaginary = (z[:, :2] * w[:, 2:] - z[:, 2:] * w[:, :2]).sum(dim=1)
        return x.square().sum(dim=(1, 2)) + imaginary
