"""`random-function`: a control whose label is a random function, another one for each seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.registry import task
from symbench.tasks.function.control import Control

if TYPE_CHECKING:
    import torch


@task("random-function")
class RandomFunction(Control):
    """y = a random smooth function in four dimensions: waves, ridges, cubic polynomials and bumps in turn.

    Every function is proved to have no linear symmetry, by a margin (`tasks.function.smooth`). A suite draws a function
    for each seed with `by_seed: function_seed`; the rate of false claims is then a rate over functions, which a few
    fixed controls cannot state.
    """

    summary: ClassVar[str] = "a random smooth function in 4 dimensions, drawn by a seed; truth: none"
    dimension: ClassVar[int] = 4

    function_seed: int = Field(0, ge=0, description="seed of the function")

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "function_seed": self.function_seed}

    def function(self, x: torch.Tensor) -> torch.Tensor:
        from symbench.tasks.function.smooth import smooth_function

        return smooth_function(self.dimension, self.function_seed)(x.sum(dim=1))
