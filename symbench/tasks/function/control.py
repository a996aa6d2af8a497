"""Base class of controls: toys without a linear symmetry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


PHASES = (0.3, 1.1, 1.9, 2.7)


class Control(Toy):
    """A toy whose true algebra is empty."""

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import nothing

        return nothing(self.dimension)

    def truth_name(self) -> str:
        return "none"
