"""Base classes of toys whose symmetry is broken by a term of stated size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.tasks.function.control import Control
from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


class Broken(Control):
    """A toy whose label is that of another toy, `exact`, and a term that leaves nothing of its symmetry.

    The truth is none. The algebra of `exact` is recorded as `unbroken`, and claims are compared with it in columns of
    their own.
    """

    exact: ClassVar[type[Toy]]

    def unbroken(self) -> npt.NDArray[np.float64]:
        return self._exact().truth()

    def unbroken_name(self) -> str | None:
        return self._exact().truth_name()

    def _exact(self) -> Toy:
        """The toy without the term that breaks its symmetry, with the same data."""
        return self.exact(**{name: getattr(self, name) for name in Toy.model_fields})


class BrokenForm(Broken):
    """y = q(x) + ε·(SD q / SD b)·b(x): a quadratic form, and a random smooth function b without a symmetry.

    b has no quadratic part, which would only deform q to a form with a symmetry of its own (`tasks.function.smooth`).
    Standard deviations are those for N(0, 1) in the basis of q.
    """

    epsilon: float = Field(
        0.1, ge=0.003, le=0.6, description="standard deviation of the breaking term, relative to that of the form"
    )
    breaking_seed: int = Field(0, ge=0, description="seed of the function that breaks the symmetry")

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "epsilon": self.epsilon, "breaking_seed": self.breaking_seed}

    def function(self, x: torch.Tensor) -> torch.Tensor:
        from symbench.tasks.function.smooth import smooth_function

        breaking = smooth_function(self.dimension, self.breaking_seed, breaking=True)
        spread = math.sqrt(2 * self.dimension)  # of d squares of N(0, 1), whatever their signs
        return self._exact().function(x) + self.epsilon * spread * breaking(x.sum(dim=1))
