"""`logarithmic`: the logarithm of a quadratic form, singular at the origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.form import FunctionOfForm

if TYPE_CHECKING:
    import torch


@task("logarithmic")
class Logarithmic(FunctionOfForm):
    """y = log ‖x‖²: a dilation adds a constant to it, so that it is no symmetry."""

    summary: ClassVar[str] = "log ‖x‖² in 3 dimensions; truth so(3)"
    dimension: ClassVar[int] = 3
    signs: ClassVar[tuple[int, int]] = (3, 0)

    def of_form(self, q: torch.Tensor) -> torch.Tensor:
        return q.log()
