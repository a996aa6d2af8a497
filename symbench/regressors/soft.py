"""`soft`: any regressor with a penalty for its deviation from equivariance along generators, true or discovered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from symbench.classifiers.symmetry import weighted_generators
from symbench.registry import regressor
from symbench.regressors.penalised import PenalisedRegressor
from symbench.regressors.symmetry import group_of

if TYPE_CHECKING:
    from symbench.classifiers.training.penalty import Penalty
    from symbench.data.signature import Signature


@regressor("soft")
class SoftRegressor(PenalisedRegressor):
    """The loss plus weight · Σₐ wₐ E ‖∇f·Lₐx − dρ(Lₐ) f(x)‖² in the unit of the loss, with ρ of the target.

    The generators are normalised and weighted as those of the classifier of this name. Discrete elements of a group
    have no part in it.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a regressor with a penalty for broken equivariance along true or discovered generators"
    reference: ClassVar[str] = "infinitesimal penalty of SEAL: Hebbar et al., arXiv:2511.01982"

    defects: tuple[Annotated[float, Field(gt=0, le=1)], ...] | None = Field(
        None, min_length=1, description="relative defect of each generator; by default all generators count equally"
    )

    def penalty(self, outputs: int | Signature) -> Penalty:
        import torch

        from symbench.classifiers.training.penalty import Penalty

        assert not isinstance(outputs, int)
        group = group_of(self.symmetry, (), outputs.dimension)
        generators = weighted_generators(group.basis if self.defects is None else group.lie, self.defects)
        return Penalty(torch.from_numpy(generators), self.weight, "derivative", ranks=outputs.target)
