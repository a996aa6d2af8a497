"""`soft`: any regressor with a penalty for its deviation from equivariance along generators, true or discovered."""

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


@regressor("soft")
class SoftRegressor(WrappedRegressor):
    """The loss plus weight · Σₐ wₐ E ‖∇f·Lₐx − dρ(Lₐ) f(x)‖² in the unit of the loss, with ρ of the target.

    The generators are normalised and weighted as those of the classifier of this name. Discrete elements of a group
    have no part in it.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a regressor with a penalty for broken equivariance along true or discovered generators"
    reference: ClassVar[str] = "infinitesimal penalty of SEAL: Hebbar et al., arXiv:2511.01982"

    around: ClassVar[str] = "penalised"
    source_field: ClassVar[str] = "symmetry"

    symmetry: Annotated[SymmetryParameter, symmetry_named(NAMES, dimension=None)] = Field(
        "o", description=DESCRIPTION, json_schema_extra={"suite_source": True}
    )
    defects: tuple[Annotated[float, Field(gt=0, le=1)], ...] | None = Field(
        None, min_length=1, description="relative defect of each generator; by default all generators count equally"
    )
    weight: float = Field(1.0, ge=0, le=1e6, description="weight of the penalty; 0: the plain network")

    def refuses(self, signature: Signature) -> str | None:
        return refuses_dimension(self.symmetry, (), signature.dimension) or super().refuses(signature)

    def penalty(self, outputs: int | Signature) -> Penalty:
        import torch

        from symbench.classifiers.training.penalty import Penalty

        assert not isinstance(outputs, int)
        group = group_of(self.symmetry, (), outputs.dimension)
        generators = weighted_generators(group.basis if self.defects is None else group.lie, self.defects)
        return Penalty(torch.from_numpy(generators), self.weight, "derivative", ranks=outputs.target)
