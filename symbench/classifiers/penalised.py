"""The base of classifiers that add a penalty for a broken symmetry to the loss of another classifier."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from symbench.classifiers.augmented import GROUPS
from symbench.classifiers.symmetry import SymmetryParameter, symmetry_named
from symbench.classifiers.wrapped import WrappedClassifier


class PenalisedClassifier(WrappedClassifier):
    """A classifier whose training is penalised along, or under, a true or discovered symmetry."""

    around: ClassVar[str] = "penalised"
    source_field: ClassVar[str] = "symmetry"

    symmetry: Annotated[SymmetryParameter, symmetry_named(GROUPS)] = Field(
        "lorentz",
        description="lorentz, rotation, beam, beam-rotation, beam-boost, so4, {from: ENTRY} or generators",
        json_schema_extra={"suite_source": True},
    )
    weight: float = Field(1.0, ge=0, le=1e6, description="weight of the penalty; 0: the plain network")
