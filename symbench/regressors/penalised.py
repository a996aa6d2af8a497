"""The base of regressors that add a penalty for broken equivariance to the loss of another regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from symbench.classifiers.symmetry import SymmetryParameter, symmetry_named
from symbench.regressors.symmetry import DESCRIPTION, NAMES, refuses_dimension
from symbench.regressors.wrapped import WrappedRegressor

if TYPE_CHECKING:
    from symbench.data.signature import Signature


class PenalisedRegressor(WrappedRegressor):
    """A regressor whose training is penalised along, or under, a true or discovered symmetry."""

    around: ClassVar[str] = "penalised"
    source_field: ClassVar[str] = "symmetry"

    symmetry: Annotated[SymmetryParameter, symmetry_named(NAMES, dimension=None)] = Field(
        "o", description=DESCRIPTION, json_schema_extra={"suite_source": True}
    )
    weight: float = Field(1.0, ge=0, le=1e6, description="weight of the penalty; 0: the plain network")

    def refuses(self, signature: Signature) -> str | None:
        return refuses_dimension(self.symmetry, (), signature.dimension) or super().refuses(signature)
