"""What tasks, discovery methods and classifiers have in common.

A component is a frozen pydantic model: its fields are the parameters that a suite may set, so that validation,
documentation and the content key all read from one place. Modules that define components stay free of
torch, numpy and other slow imports at module level: `symbench plan` imports all of them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from symbench.extras import Requirement


class Track(StrEnum):
    """The question that a task asks; scores of different tracks are never compared."""

    FUNCTION = "function"
    DISTRIBUTION = "distribution"
    DYNAMICS = "dynamics"
    CLASSIFICATION = "classification"


class FrozenModel(BaseModel):
    """A record that cannot be changed, and that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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

    def requirements(self) -> tuple[Requirement, ...]:
        """Packages beyond symbench's core that these parameters need: a run checks them before anything is started."""
        return ()

    def parameters(self) -> dict[str, Any]:
        """Every parameter that can decide a result, defaults included, as JSON values."""
        return self.model_dump(mode="json", exclude=self._location_fields())

    def locations(self) -> dict[str, str]:
        """Where files lie on this machine: needed to build the component, never part of what decides a result."""
        return self.model_dump(mode="json", include=self._location_fields(), exclude_none=True)

    @classmethod
    def _location_fields(cls) -> set[str]:
        return {name for name in cls.model_fields if is_location(cls, name)}


def is_location(model: type[BaseModel], field: str) -> bool:
    """Whether a field is marked `json_schema_extra={"suite_path": True}`: a file that a suite names."""
    extra = model.model_fields[field].json_schema_extra
    return isinstance(extra, dict) and extra.get("suite_path") is True
