"""Controls: toys where the right answer is that there is no linear symmetry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.registry import task
from symbench.tasks.toys import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

_PHASES = (0.3, 1.1, 1.9, 2.7)


class _Control(Toy):
    """The truth is that there is none."""

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import nothing

        return nothing(self.dimension)

    def truth_name(self) -> str:
        return "none"


@task("no-symmetry")
class NoSymmetry(_Control):
    """y = Σᵢ sin(xᵢ + φᵢ) with four different phases: no linear symmetry at all.

    Proof: invariance says Σᵢⱼ Lᵢⱼ cos(xᵢ + φᵢ) xⱼ = 0 for every x. The sixteen functions cos(xᵢ + φᵢ) xⱼ are
    linearly independent (for i ≠ j they are products of independent functions of different variables, for i = j
    they are neither constant nor a multiple of another), so L = 0.
    """

    summary: ClassVar[str] = "Σ sin(xᵢ + φᵢ) in 4 dimensions; truth: none"
    dimension: ClassVar[int] = 4

    def function(self, x: torch.Tensor) -> torch.Tensor:
        return (x.sum(dim=1) + x.new_tensor(_PHASES)).sin().sum(dim=1)


@task("weakly-broken")
class WeaklyBroken(_Control):
    """y = ‖x‖² + ε Σ i·xᵢ³ in three dimensions: rotations, broken by an odd term.

    Proof: the quadratic part makes L antisymmetric; the cubic part then asks Σ i·xᵢ² Lᵢⱼ xⱼ = 0, whose monomials are
    all different, so L = 0. As ε → 0 the rotations' relative defect does too: at which ε a method notices is what it
    can resolve.
    """

    summary: ClassVar[str] = "‖x‖² + ε Σ i·xᵢ³ in 3 dimensions; truth: none"
    dimension: ClassVar[int] = 3

    epsilon: float = Field(0.1, gt=0, le=10, description="strength of the term that breaks the rotations")

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "epsilon": self.epsilon}

    def function(self, x: torch.Tensor) -> torch.Tensor:
        weights = x.new_tensor([1.0, 2.0, 3.0])
        return x.square().sum(dim=(1, 2)) + self.epsilon * (weights * x.pow(3)).sum(dim=(1, 2))


@task("discrete-only")
class DiscreteOnly(_Control):
    """y = F(x₁, x₂) + x₃² with F = r² (1 + ½ cos 7θ): turns by 2π/7 and reflections, nothing continuous.

    Proof: write L in blocks, A on the plane, m and l between plane and axis, c on the axis. Invariance order by order
    in x₃: ∇F·Aa = 0, ∇F·m + 2 l·a = 0, c = 0. A flow along the level curves of F is none, since they are no ellipses
    but have seven bumps: A = 0. A derivative along m that is linear makes F quadratic on either side of a line, which
    cos 7θ is not: m = 0, and then l = 0.

    The smooth cosine instead of the sawtooth 1/(1 + θ mod 2π/7) on purpose: inside a sector the gradient of the
    sawtooth is almost that of a label invariant under a turn with a dilation, and only the jumps would tell.
    """

    summary: ClassVar[str] = "r² (1 + ½ cos 7θ) + x₃² in 3 dimensions; truth: none, seven discrete turns"
    dimension: ClassVar[int] = 3

    def function(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        x1, x2, x3 = x.sum(dim=1).unbind(dim=1)
        turns = torch.cos(7 * torch.atan2(x2, x1))
        return (x1.square() + x2.square()) * (1 + turns / 2) + x3.square()
