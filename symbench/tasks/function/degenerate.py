"""`degenerate`: data on a subspace of the ambient space."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.reducible import FRAME_SEED
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


@task("degenerate")
class Degenerate(Toy):
    """y = ‖x‖² of vectors in a hidden three-dimensional subspace of R⁵; the truth is the rotations of that subspace.

    The action of L on vectors outside the subspace cannot be determined, and the label there is unknown: the truth is
    so(3) on the subspace, and a claim is judged by its action on events.
    """

    summary: ClassVar[str] = "‖x‖² on a 3-dimensional subspace of R⁵; truth so(3) on it"
    dimension: ClassVar[int] = 5
    on_subspace: ClassVar[bool] = True

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import so

        frame = self._frame()
        return frame @ so(3) @ frame.T

    def truth_name(self) -> str:
        return "so(3)"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        return x.square().sum(dim=(1, 2))

    def inputs(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
        return self.independent(rng, (count, self.vectors, 3)) @ self._frame().T

    @staticmethod
    def _frame() -> npt.NDArray[np.float64]:
        """An orthonormal frame (5, 3) of the subspace."""
        import numpy as np

        rng = np.random.Generator(np.random.PCG64(FRAME_SEED))
        return np.asarray(np.linalg.qr(rng.standard_normal((5, 3)))[0])
