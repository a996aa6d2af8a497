"""`weakly-broken`: rotations broken by an odd term."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.registry import task
from symbench.tasks.function.broken import Broken
from symbench.tasks.function.so import So3
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import torch


@task("weakly-broken")
class WeaklyBroken(Broken):
    """y = ‖x‖² + ε Σ i·xᵢ³ in three dimensions: rotations, broken by an odd term.

    Proof: because of the quadratic part L is antisymmetric; the cubic part then implies Σ i·xᵢ² Lᵢⱼ xⱼ = 0, whose
    monomials are all different, so L = 0.

    How weakly: for x ~ N(0, 1) the rotation in the plane of xᵢ and xⱼ has σ² = 40.5 ε² (i² + j²)/(6 + 210 ε²) (see
    `algebra.label_spread`). At ε = 0.1 this is 0.50, 0.71 and 0.81: a displacement of the size of the data changes the
    label by 50 to 81 % of its standard deviation. At ε = 0.01 it is 0.06 to 0.09.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = (
        "‖x‖² + ε Σ i·xᵢ³ in 3 dimensions; truth: none, at ε = 0.1 rotations are broken by 50 to 81 %"
    )
    dimension: ClassVar[int] = 3
    exact: ClassVar[type[Toy]] = So3

    epsilon: float = Field(0.1, gt=0, le=10, description="strength of the term that breaks the rotations")

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "epsilon": self.epsilon}

    def function(self, x: torch.Tensor) -> torch.Tensor:
        weights = x.new_tensor([1.0, 2.0, 3.0])
        return x.square().sum(dim=(1, 2)) + self.epsilon * (weights * x.pow(3)).sum(dim=(1, 2))
