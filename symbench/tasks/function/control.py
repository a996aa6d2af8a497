"""Controls: toys where the right answer is that there is no linear symmetry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.tasks.function.toy import Toy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


PHASES = (0.3, 1.1, 1.9, 2.7)


class Control(Toy):
    """The truth is that there is none."""

    def algebra(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import nothing

        return nothing(self.dimension)

    def truth_name(self) -> str:
        return "none"
