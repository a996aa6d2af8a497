"""`loss-invariant`: any classifier with a penalty for a change of its output under random elements of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.classifiers.augmented import GROUPS
from symbench.classifiers.penalised import PenalisedClassifier
from symbench.classifiers.symmetry import normalised_generators
from symbench.registry import classifier

if TYPE_CHECKING:
    from symbench.classifiers.training.penalty import Penalty
    from symbench.data.signature import Signature


@classifier("loss-invariant")
class LossInvariant(PenalisedClassifier):
    """The loss plus weight · E ‖f(gx) − f(x)‖², g = exp(strength · Σ zₐ Lₐ), zₐ ~ N(0, 1); logits less their mean.

    The finite form of `soft`: it compares the outputs for an event and for the transformed event, while `augmented`
    trains on the transformed event alone. The Lₐ are normalised as those of `augmented`.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a classifier with a penalty for its change under elements of a true or discovered group"
    reference: ClassVar[str] = "finite penalty of SEAL, arXiv:2511.01982; REMUL, arXiv:2410.17878, with a fixed weight"

    strength: float = Field(0.5, gt=0, le=10, description="standard deviation of each zₐ, in rad or units of rapidity")

    def penalty(self, outputs: int | Signature) -> Penalty:
        import torch

        from symbench.classifiers.training.penalty import Penalty

        generators = torch.from_numpy(normalised_generators(self.symmetry, GROUPS))
        return Penalty(generators, self.weight, "finite", self.strength)
