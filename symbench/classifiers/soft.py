"""`soft`: any classifier with a penalty for its rate of change along generators, true or discovered ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator

from symbench.classifiers.augmented import GROUPS
from symbench.classifiers.penalised import PenalisedClassifier
from symbench.classifiers.symmetry import as_generators, normalised_generators, weighted_generators
from symbench.registry import classifier
from symbench.trial.reference import From

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.classifiers.training.penalty import Penalty
    from symbench.data.signature import Signature


@classifier("soft")
class Soft(PenalisedClassifier):
    """The loss plus weight · Σₐ wₐ E ‖∇f·Lₐx‖², with f the logits without their mean, and Lₐ the generators.

    Each Lₐ has the norm of a rotation by 1 rad and of a boost by rapidity 1. Without `defects` all wₐ are 1, and the
    Lₐ are an orthonormal basis of the span, so that the sum does not depend on the basis. With `defects`, wₐ is
    δ²/δₐ², δ the smallest of them: a generator that is known to be inexact is enforced less. A network can outweigh the
    penalty where the data say so, which an invariant network cannot. Four-momenta are transformed; features of the data
    set and the beams of a network are not.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a classifier with a penalty for its change along true or discovered generators"
    reference: ClassVar[str] = "infinitesimal penalty of SEAL: Hebbar et al., arXiv:2511.01982"

    defects: tuple[Annotated[float, Field(gt=0, le=1)], ...] | None = Field(
        None, min_length=1, description="relative defect of each generator; by default all generators count equally"
    )

    @model_validator(mode="after")
    def _one_defect_for_each_generator(self) -> Self:
        if self.defects is not None and not isinstance(self.symmetry, From):
            weighted_generators(self._given(), self.defects)
        return self

    def penalty(self, outputs: int | Signature) -> Penalty:
        import torch

        from symbench.classifiers.training.penalty import Penalty

        if self.defects is None:
            generators = normalised_generators(self.symmetry, GROUPS)
        else:
            generators = weighted_generators(self._given(), self.defects)
        return Penalty(torch.from_numpy(generators), self.weight, "derivative")

    def _given(self) -> npt.NDArray[np.float64]:
        return GROUPS[self.symmetry]() if isinstance(self.symmetry, str) else as_generators(self.symmetry, {})
