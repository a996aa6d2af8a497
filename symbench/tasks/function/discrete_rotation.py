"""`discrete-rotation`: a label invariant under turns by 2π/7, as published; its continuous symmetry is a dilation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

_SECTORS = 7


@task("discrete-rotation")
class DiscreteRotation(Toy):
    """y = x₃/(1 + θ mod 2π/7), θ the azimuth of (x₁, x₂): invariant under seven turns, and under diag(1, 1, 0).

    Proof that there is no other linear continuous symmetry: write L in blocks, A on the plane, m and l between plane
    and axis, c on the axis, and u = θ mod 2π/7. Invariance within a sector is (1 + u)(l·a + c x₃) = x₃ ∇θ·(Aa + x₃m)
    for a in the plane. Order 0 in x₃ gives l = 0, order 2 gives m = 0, and order 1 c(1 + u) = ∇θ·Aa: linear in θ on the
    left, a constant and terms in sin 2θ and cos 2θ on the right. So c = 0 and ∇θ·Aa = 0: A is a multiple of 1.

    The reference finds a turn; the density of N(0, 1) has it too, and not the dilation.
    """

    summary: ClassVar[str] = "x₃/(1 + θ mod 2π/7) in 3 dimensions; truth: a dilation of the plane, and seven turns"
    reference: ClassVar[str] = "Yang, Walters, Dehmamy, Yu, ICML 2023, arXiv:2302.00236"
    dimension: ClassVar[int] = 3

    def algebra(self) -> npt.NDArray[np.float64]:
        import numpy as np

        return np.diag([1.0, 1.0, 0.0])[None]

    def function(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        x1, x2, x3 = x.sum(dim=1).unbind(dim=1)
        return x3 / (1 + torch.remainder(torch.atan2(x2, x1), 2 * math.pi / _SECTORS))
