"""`bump`: a peak in a quadratic form, as of a resonance; the label is flat elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.form import FunctionOfForm

if TYPE_CHECKING:
    import torch


@task("bump")
class Bump(FunctionOfForm):
    """y = exp(−2 (q − 1)²) with q = x₁² + x₂² − x₃²: of width ½ around the hyperboloid q = 1."""

    summary: ClassVar[str] = "exp(−2 (q − 1)²) of q = x₁² + x₂² − x₃²; truth so(2,1)"
    dimension: ClassVar[int] = 3
    signs: ClassVar[tuple[int, int]] = (2, 1)

    def of_form(self, q: torch.Tensor) -> torch.Tensor:
        return (-2 * (q - 1).square()).exp()
