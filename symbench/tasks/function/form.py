"""Base class of toys whose label is a function of one quadratic form that no polynomial of low degree approximates."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from symbench.tasks.function.toy import QuadraticForm

if TYPE_CHECKING:
    import torch


class FunctionOfForm(QuadraticForm):
    """y = g(q) with q = Σ sᵢ xᵢ²; its symmetry is that of q, so(p, q).

    Proof: the derivative of y along L is g′(q) · 2 xᵀηLx. g′ vanishes on a set without interior points only, so that
    the polynomial xᵀηLx vanishes on an open set, thus everywhere.
    """

    def function(self, x: torch.Tensor) -> torch.Tensor:
        return self.of_form(super().function(x))

    @abstractmethod
    def of_form(self, q: torch.Tensor) -> torch.Tensor:
        """g(q) (N,) of the form q (N,)."""
