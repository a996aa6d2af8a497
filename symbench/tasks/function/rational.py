"""`rational`: a rational function of a quadratic form, not monotone in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.form import FunctionOfForm

if TYPE_CHECKING:
    import torch


@task("rational")
class Rational(FunctionOfForm):
    """y = q/(1 + q²) with q = x₁² + x₂² − x₃², which falls again beyond |q| = 1."""

    summary: ClassVar[str] = "q/(1 + q²) of q = x₁² + x₂² − x₃²; truth so(2,1)"
    dimension: ClassVar[int] = 3
    signs: ClassVar[tuple[int, int]] = (2, 1)

    def of_form(self, q: torch.Tensor) -> torch.Tensor:
        return q / (1 + q.square())
