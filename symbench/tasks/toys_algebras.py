"""Toys whose symmetry is unitary, solvable, reducible, or seen on a subspace only."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.toys import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

_FRAME_SEED = 20_230_132


@task("unitary-2")
class Unitary2(Toy):
    """y = ‖z‖² + ‖w‖² + Im(z†w) of two vectors of C², written as (Re, Im) in R⁴.

    Proof: in R⁴ ⊗ R² the form is 1 ⊗ 1 + ½ J ⊗ ε with the complex structure J, ε antisymmetric. L ⊗ 1 keeps it if and
    only if Lᵀ + L = 0 and LᵀJ + JL = 0, as 1 and ε are linearly independent: so(4) ∩ sp(4,R) = u(2), four generators.
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


@task("heisenberg")
class Heisenberg(Toy):
    """y = Σ_p z_p² + (y₁z₂ − y₂z₁) + det(v₁, v₂, v₃) of three vectors v = (x, y, z).

    Proof: a linear map keeps a polynomial if and only if it keeps every homogeneous part, and every part of another
    symmetry under exchange of vectors. Σ z_p² forces the last row of L to vanish; y₁z₂ − y₂z₁ then L₂₁ = L₂₂ = 0; the
    determinant tr L = 0, so L₁₁ = 0. What is left, L₁₂, L₁₃ and L₂₃, is nilpotent with [E₁₂, E₂₃] = E₁₃.
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


@task("reducible")
class Reducible(Toy):
    """y = ‖a‖² + ‖b‖⁴/16 of (a, b) in R² ⊕ R³.

    Proof: the quadratic and the quartic part are kept separately. The first makes L antisymmetric on R² and forbids it
    to bring b into a, the second the same with a and b exchanged: so(2) ⊕ so(3), four generators.
    """

    summary: ClassVar[str] = "two independent norms on R² ⊕ R³; truth so(2)+so(3)"
    dimension: ClassVar[int] = 5

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import direct_sum, so

        return direct_sum([so(2), so(3)])

    def truth_name(self) -> str:
        return "so(2)+so(3)"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        squares = x[:, 0].square()
        return squares[:, :2].sum(dim=1) + squares[:, 2:].sum(dim=1).square() / 16


@task("degenerate")
class Degenerate(Toy):
    """y = ‖x‖² of vectors that fill a hidden three-dimensional subspace of R⁵: the rotations of that subspace.

    What L does to vectors that never occur cannot be known, and where it takes events off their subspace nobody has
    seen the label: the truth is so(3) on the subspace, and a claim is judged on what it does to events.
    """

    summary: ClassVar[str] = "‖x‖² on a 3-dimensional subspace of R⁵; truth so(3) on it"
    dimension: ClassVar[int] = 5

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import so

        frame = self._frame()
        return frame @ so(3) @ frame.T

    def truth_name(self) -> str:
        return "so(3)"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        return x.square().sum(dim=(1, 2))

    def _draw(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
        import numpy as np

        inside = rng.standard_normal((count, self.vectors, 3)) @ self._frame().T
        basis = self.basis()
        return inside if basis is None else np.asarray(np.linalg.solve(basis, inside[..., None])[..., 0])

    @staticmethod
    def _frame() -> npt.NDArray[np.float64]:
        """An orthonormal frame (5, 3) of the subspace."""
        import numpy as np

        rng = np.random.Generator(np.random.PCG64(_FRAME_SEED))
        return np.asarray(np.linalg.qr(rng.standard_normal((5, 3)))[0])
