"""What tasks, discovery methods and classifiers have in common.

A component is a frozen pydantic model: its fields are the parameters that a suite may set, so that validation,
documentation and the content key all read from one place. Modules that define components stay free of
torch, numpy and other slow imports at module level: `symbench plan` imports all of them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Track(StrEnum):
    """The question that a task asks; scores of different tracks are never compared."""

    FUNCTION = "function"
    DISTRIBUTION = "distribution"
    DYNAMICS = "dynamics"
    CLASSIFICATION = "classification"


class Component(BaseModel):
    """Something that a suite names: its fields are its parameters.

    `version` enters the content key of every trial: raise it whenever the same parameters and the same data
    would give another result.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)

    name: ClassVar[str]
    version: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str] = ""

    def parameters(self) -> dict[str, Any]:
        """Every parameter, defaults included, as JSON values."""
        return self.model_dump(mode="json")
