"""`periodic`: a wave in a quadratic form."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.form import FunctionOfForm

if TYPE_CHECKING:
    import torch


@task("periodic")
class Periodic(FunctionOfForm):
    """y = cos ‖x‖²: spheres at which it is largest, 2π apart in ‖x‖², whose mean is 3 and spread √6."""

    summary: ClassVar[str] = "cos ‖x‖² in 3 dimensions; truth so(3)"
    dimension: ClassVar[int] = 3
    signs: ClassVar[tuple[int, int]] = (3, 0)

    def of_form(self, q: torch.Tensor) -> torch.Tensor:
        return q.cos()
