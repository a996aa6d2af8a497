"""`loss-invariant`: any classifier with a penalty for a change of its output under random elements of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from symbench.classifiers.augmented import GROUPS
from symbench.classifiers.symmetry import SymmetryParameter, normalised_generators, symmetry_named
from symbench.classifiers.wrapped import WrappedClassifier
from symbench.registry import classifier

if TYPE_CHECKING:
    from symbench.classifiers.training.penalty import Penalty
    from symbench.data.signature import Signature


@classifier("loss-invariant")
class LossInvariant(WrappedClassifier):
    """The loss plus weight · E ‖f(gx) − f(x)‖², g = exp(strength · Σ zₐ Lₐ), zₐ ~ N(0, 1); logits less their mean.

    The finite form of `soft`: it compares the outputs for an event and for the transformed event, while `augmented`
    trains on the transformed event alone. The Lₐ are normalised as those of `augmented`.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a classifier with a penalty for its change under elements of a true or discovered group"
    reference: ClassVar[str] = "finite penalty of SEAL, arXiv:2511.01982; REMUL, arXiv:2410.17878, with a fixed weight"

    around: ClassVar[str] = "penalised"
    source_field: ClassVar[str] = "symmetry"

    symmetry: Annotated[SymmetryParameter, symmetry_named(GROUPS)] = Field(
        "lorentz",
        description="lorentz, rotation, beam, beam-rotation, beam-boost, so4, {from: ENTRY} or generators",
        json_schema_extra={"suite_source": True},
    )
    weight: float = Field(1.0, ge=0, le=1e6, description="weight of the penalty; 0: the plain network")
    strength: float = Field(0.5, gt=0, le=10, description="standard deviation of each zₐ, in rad or units of rapidity")

    def penalty(self, outputs: int | Signature) -> Penalty:
        import torch

        from symbench.classifiers.training.penalty import Penalty

        generators = torch.from_numpy(normalised_generators(self.symmetry, GROUPS))
        return Penalty(generators, self.weight, "finite", self.strength)
