"""`no-symmetry`: a label that no linear map leaves unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.control import PHASES, Control

if TYPE_CHECKING:
    import torch


@task("no-symmetry")
class NoSymmetry(Control):
    """y = Σᵢ sin(xᵢ + φᵢ) with four different phases, a label without a linear symmetry.

    Proof: invariance means Σᵢⱼ Lᵢⱼ cos(xᵢ + φᵢ) xⱼ = 0 for every x. The sixteen functions cos(xᵢ + φᵢ) xⱼ are
    linearly independent (for i ≠ j they are products of independent functions of different variables, for i = j
    they are neither constant nor a multiple of another), so L = 0.
    """

    summary: ClassVar[str] = "Σ sin(xᵢ + φᵢ) in 4 dimensions; truth: none"
    dimension: ClassVar[int] = 4

    def function(self, x: torch.Tensor) -> torch.Tensor:
        return (x.sum(dim=1) + x.new_tensor(PHASES)).sin().sum(dim=1)
