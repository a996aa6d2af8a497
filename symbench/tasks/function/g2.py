"""`g2`: the three-form of the octonions on three vectors of R⁷, whose symmetry is the exceptional algebra g2."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


@task("g2")
class G2(Toy):
    """y = φ(u, v, w) = u · (v × w) with the cross product of R⁷.

    Proof: φ is linear in each vector, so L preserves y if and only if it preserves φ. The stabiliser of φ in gl(7) is
    the compact g2, fourteen generators (F. Engel 1900; R. L. Bryant, Annals of Mathematics 126 (1987) 525).
    """

    summary: ClassVar[str] = "φ(u, v, w), the triple product of three vectors of R⁷; truth g2"
    dimension: ClassVar[int] = 7
    vectors: ClassVar[int] = 3

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import g2

        return g2()

    def truth_name(self) -> str:
        return "g2"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        from symbench.algebra.bases import three_form

        form = torch.from_numpy(three_form()).to(x)
        return torch.einsum("ijk,ni,nj,nk->n", form, x[:, 0], x[:, 1], x[:, 2])
