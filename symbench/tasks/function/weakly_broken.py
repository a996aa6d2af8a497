"""`weakly-broken`: rotations broken by a small odd term."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.registry import task
from symbench.tasks.function.control import Control

if TYPE_CHECKING:
    import torch


@task("weakly-broken")
class WeaklyBroken(Control):
    """y = ‖x‖² + ε Σ i·xᵢ³ in three dimensions: rotations, broken by an odd term.

    Proof: because of the quadratic part L is antisymmetric; the cubic part then implies Σ i·xᵢ² Lᵢⱼ xⱼ = 0, whose
    monomials are all different, so L = 0. The relative defect of the rotations vanishes as ε → 0: the smallest ε at
    which a method claims no symmetry measures its resolution.
    """

    summary: ClassVar[str] = "‖x‖² + ε Σ i·xᵢ³ in 3 dimensions; truth: none"
    dimension: ClassVar[int] = 3

    epsilon: float = Field(0.1, gt=0, le=10, description="strength of the term that breaks the rotations")

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "epsilon": self.epsilon}

    def function(self, x: torch.Tensor) -> torch.Tensor:
        weights = x.new_tensor([1.0, 2.0, 3.0])
        return x.square().sum(dim=(1, 2)) + self.epsilon * (weights * x.pow(3)).sum(dim=(1, 2))
