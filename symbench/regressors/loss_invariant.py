"""`loss-invariant`: any regressor with a penalty for broken equivariance under random elements of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from symbench.classifiers.symmetry import SymmetryParameter, symmetry_named, weighted_generators
from symbench.registry import regressor
from symbench.regressors.symmetry import DESCRIPTION, NAMES, group_of, refuses_dimension
from symbench.regressors.wrapped import WrappedRegressor

if TYPE_CHECKING:
    from symbench.classifiers.training.penalty import Penalty
    from symbench.data.signature import Signature


@regressor("loss-invariant")
class LossInvariantRegressor(WrappedRegressor):
    """The loss plus weight · E ‖f(gx) − ρ(g) f(x)‖² in the unit of the loss, g = exp(strength · Σ zₐ Lₐ), zₐ ~ N(0, 1).

    The finite form of `soft`, with elements of the connected part of the group.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a regressor with a penalty for broken equivariance under a true or discovered group"
    reference: ClassVar[str] = "finite penalty of SEAL, arXiv:2511.01982; REMUL, arXiv:2410.17878, with a fixed weight"

    around: ClassVar[str] = "penalised"
    source_field: ClassVar[str] = "symmetry"

    symmetry: Annotated[SymmetryParameter, symmetry_named(NAMES, dimension=None)] = Field(
        "o", description=DESCRIPTION, json_schema_extra={"suite_source": True}
    )
    weight: float = Field(1.0, ge=0, le=1e6, description="weight of the penalty; 0: the plain network")
    strength: float = Field(0.5, gt=0, le=10, description="standard deviation of each zₐ, in rad or units of rapidity")

    def refuses(self, signature: Signature) -> str | None:
        return refuses_dimension(self.symmetry, (), signature.dimension) or super().refuses(signature)

    def penalty(self, outputs: int | Signature) -> Penalty:
        import torch

        from symbench.classifiers.training.penalty import Penalty

        assert not isinstance(outputs, int)
        generators = weighted_generators(group_of(self.symmetry, (), outputs.dimension).basis, None)
        return Penalty(torch.from_numpy(generators), self.weight, "finite", self.strength, outputs.target)
