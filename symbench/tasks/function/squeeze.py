"""`squeeze`: the label x₁x₂, whose symmetry is so(1,1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


@task("squeeze")
class Squeeze(Toy):
    """y = x₁x₂, invariant under x₁ → eᵗx₁, x₂ → e⁻ᵗx₂: a boost in light-cone coordinates."""

    summary: ClassVar[str] = "x₁x₂ in 2 dimensions; truth so(1,1)"
    dimension: ClassVar[int] = 2

    def algebra(self) -> npt.NDArray[np.float64]:
        import numpy as np

        return np.diag([1.0, -1.0])[None]

    def truth_name(self) -> str:
        return "so(1,1)"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :, 0].mul(x[:, :, 1]).sum(dim=1)
