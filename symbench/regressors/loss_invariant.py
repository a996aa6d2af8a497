"""`loss-invariant`: any regressor with a penalty for broken equivariance under random elements of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.classifiers.symmetry import weighted_generators
from symbench.registry import regressor
from symbench.regressors.penalised import PenalisedRegressor
from symbench.regressors.symmetry import group_of

if TYPE_CHECKING:
    from symbench.classifiers.training.penalty import Penalty
    from symbench.data.signature import Signature


@regressor("loss-invariant")
class LossInvariantRegressor(PenalisedRegressor):
    """The loss plus weight · E ‖f(gx) − ρ(g) f(x)‖² in the unit of the loss, g = exp(strength · Σ zₐ Lₐ), zₐ ~ N(0, 1).

    The finite form of `soft`, with elements of the connected part of the group.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a regressor with a penalty for broken equivariance under a true or discovered group"
    reference: ClassVar[str] = "finite penalty of SEAL, arXiv:2511.01982; REMUL, arXiv:2410.17878, with a fixed weight"

    strength: float = Field(0.5, gt=0, le=10, description="standard deviation of each zₐ, in rad or units of rapidity")

    def penalty(self, outputs: int | Signature) -> Penalty:
        import torch

        from symbench.classifiers.training.penalty import Penalty

        assert not isinstance(outputs, int)
        generators = weighted_generators(group_of(self.symmetry, (), outputs.dimension).basis, None)
        return Penalty(torch.from_numpy(generators), self.weight, "finite", self.strength, outputs.target)
