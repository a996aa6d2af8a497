"""`two-classes`: a class drawn with a probability that depends on ‖x‖² only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import model_validator

from symbench.registry import task
from symbench.tasks.function.step import MEDIAN_OF_CHI2_3
from symbench.tasks.function.toy import QuadraticForm

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch


@task("two-classes")
class TwoClasses(QuadraticForm):
    """Class 1 with probability P = 1/(1 + exp(m − ‖x‖²)), m the median of ‖x‖², else class 0.

    A symmetry of a class label is one of P(class | x). P rises with ‖x‖² strictly, so its symmetry is so(3).
    """

    summary: ClassVar[str] = "two classes with log-odds ‖x‖² − m in 3 dimensions; truth so(3)"
    dimension: ClassVar[int] = 3
    signs: ClassVar[tuple[int, int]] = (3, 0)

    @model_validator(mode="after")
    def _no_noise(self) -> Self:
        if self.noise > 0:
            raise ValueError("noise: the classes are drawn at random already, and have no further noise")
        return self

    @property
    def label_kind(self) -> Literal["number", "class"]:
        return "class"

    def function(self, x: torch.Tensor) -> torch.Tensor:
        return (super().function(x) - MEDIAN_OF_CHI2_3).sigmoid()

    def observed(self, y: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[Any]:
        import numpy as np

        return (rng.random(len(y)) < y).astype(np.int64)
