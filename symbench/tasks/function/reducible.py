"""`reducible`: a label whose symmetry is the direct sum so(2) ⊕ so(3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


FRAME_SEED = 20_230_132


@task("reducible")
class Reducible(Toy):
    """y = ‖a‖² + ‖b‖⁴/16 of (a, b) in R² ⊕ R³.

    Proof: L preserves the quadratic and the quartic part separately. Because of the first, L is antisymmetric on R² and
    does not map b into a; the second implies the same with a and b exchanged: so(2) ⊕ so(3), four generators.
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
