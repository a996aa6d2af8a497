"""`discrete-only`: a label with a finite symmetry group and no continuous one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.control import Control

if TYPE_CHECKING:
    import torch


@task("discrete-only")
class DiscreteOnly(Control):
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
