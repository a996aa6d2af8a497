"""`discrete-only`: a label with a finite symmetry group and no continuous one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.control import Control

if TYPE_CHECKING:
    import torch


@task("discrete-only")
class DiscreteOnly(Control):
    """y = F(x₁, x₂) + x₃² with F = r² (1 + ½ cos 7θ): symmetric under rotations by 2π/7 and reflections only.

    Proof: write L in blocks, A on the plane, m and l between plane and axis, c on the axis. Invariance order by order
    in x₃: ∇F·Aa = 0, ∇F·m + 2 l·a = 0, c = 0. No linear flow follows the level curves of F, since they are not ellipses
    but have seven bumps: A = 0. A derivative along m that is linear makes F quadratic on either side of a line, which
    cos 7θ is not: m = 0, and then l = 0.

    The label is smooth, unlike the sawtooth 1/(1 + θ mod 2π/7): within a sector the gradient of the sawtooth is close
    to that of a label invariant under a rotation with a dilation, and only the jumps would distinguish them.

    A method that finds a turn by 2π/7, as LieGAN with integer coefficients may, answers another question: here the
    question is a continuous, connected symmetry, and there is none.
    """

    summary: ClassVar[str] = "r² (1 + ½ cos 7θ) + x₃² in 3 dimensions; truth: no continuous symmetry, seven turns"
    dimension: ClassVar[int] = 3

    def function(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        x1, x2, x3 = x.sum(dim=1).unbind(dim=1)
        turns = torch.cos(7 * torch.atan2(x2, x1))
        return (x1.square() + x2.square()) * (1 + turns / 2) + x3.square()
