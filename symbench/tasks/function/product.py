"""`product-…`: labels whose symmetry is a direct sum, each part on columns of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


class _Product(Toy):
    """y = Σᵢ qᵢⁱ/cᵢ with quadratic forms q₁, q₂, … of the parts, of signature (p, q) each.

    Proof: a linear map preserves each homogeneous part, and qᵢⁱ if and only if it preserves qᵢ. That L preserves qᵢ
    means that no other column is mapped into part i, and that the block of part i is in so(p, q): the direct sum.
    c normalises the spread of qᵢⁱ to about that of q₁.
    """

    parts: ClassVar[tuple[tuple[int, int], ...]]
    divisors: ClassVar[tuple[float, ...]]

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import direct_sum, so

        return direct_sum([so(p, q) for p, q in self.parts])

    def function(self, x: torch.Tensor) -> torch.Tensor:
        squares, start, total = x[:, 0].square(), 0, x.new_zeros(len(x))
        for power, ((p, q), divisor) in enumerate(zip(self.parts, self.divisors, strict=True), start=1):
            plus, minus = squares[:, start : start + p], squares[:, start + p : start + p + q]
            total = total + (plus.sum(dim=1) - minus.sum(dim=1)) ** power / divisor
            start += p + q
        return total


@task("product-so2-so2-so2")
class So2Cubed(_Product):
    """y = r₁² + r₂⁴/9 + r₃⁶/100 of three planes: three rotations that commute."""

    summary: ClassVar[str] = "r₁² + r₂⁴/9 + r₃⁶/100 of three planes; truth so(2)+so(2)+so(2)"
    dimension: ClassVar[int] = 6
    parts: ClassVar[tuple[tuple[int, int], ...]] = ((2, 0), (2, 0), (2, 0))
    divisors: ClassVar[tuple[float, ...]] = (1.0, 9.0, 100.0)

    def truth_name(self) -> str:
        return "so(2)+so(2)+so(2)"


@task("product-so3-so21")
class So3So21(_Product):
    """y = ‖a‖² + q²/8 with q = b₁² + b₂² − b₃²: rotations of a, Lorentz transformations of b."""

    summary: ClassVar[str] = "‖a‖² + (b₁² + b₂² − b₃²)²/8 on R³ ⊕ R³; truth so(3)+so(2,1)"
    dimension: ClassVar[int] = 6
    parts: ClassVar[tuple[tuple[int, int], ...]] = ((3, 0), (2, 1))
    divisors: ClassVar[tuple[float, ...]] = (1.0, 8.0)

    def truth_name(self) -> str:
        return "so(3)+so(2,1)"
