"""`step`: a label with two values and a jump on a sphere; its gradient vanishes wherever it exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import QuadraticForm

if TYPE_CHECKING:
    import torch


MEDIAN_OF_CHI2_3 = 2.3659738843753377  # of ‖x‖² of three normal numbers


@task("step")
class StepOnASphere(QuadraticForm):
    """y = 1 if ‖x‖² is above its median, else 0.

    Proof: linear maps that keep y keep the ball on which it is 0, thus the sphere that bounds it, and by scaling every
    sphere: so(3). The derivative of y is 0 almost everywhere, so that it says nothing about symmetry: claims are judged
    by a smooth fit, as for a label without a formula.
    """

    summary: ClassVar[str] = "1 outside of a sphere and 0 inside, in 3 dimensions; truth so(3)"
    dimension: ClassVar[int] = 3
    signs: ClassVar[tuple[int, int]] = (3, 0)

    def function(self, x: torch.Tensor) -> torch.Tensor:
        return (super().function(x) > MEDIAN_OF_CHI2_3).to(x.dtype)

    def label_function(self) -> None:
        return None

    def label_is_known(self) -> bool:
        return False
