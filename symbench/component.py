"""The common base of tasks, discovery methods and classifiers.

A component is a frozen pydantic model. Its fields are the parameters that a suite may set, and validation,
documentation and the content key derive from them. Modules that define components must not import torch, numpy or other
slow packages at module level, because `symbench plan` imports all of these modules.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from symbench.extras import Requirement


class Track(StrEnum):
    """The kind of question of a trial; scores of different tracks are never compared.

    It is that of the trial's task, except for `challenge`, which asks of any task's events whether they exclude a
    transformation as a symmetry.
    """

    FUNCTION = "function"
    DISTRIBUTION = "distribution"
    DYNAMICS = "dynamics"
    INVARIANT = "invariant"
    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    CHALLENGE = "challenge"

    @property
    def trained(self) -> bool:
        """Whether the entries are networks that learn to predict, in place of discovery methods."""
        return self in (Track.CLASSIFICATION, Track.REGRESSION)


class FrozenModel(BaseModel):
    """An immutable record that rejects unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Component(BaseModel):
    """A task, discovery method or classifier that a suite names; its fields are its parameters.

    `version` enters the content key of every trial: raise it whenever the same parameters and data would give another
    result.
    """

    # A parameter is part of the key of trials, which is JSON: it is a finite number.
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False, allow_inf_nan=False)

    name: ClassVar[str]
    version: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str] = ""

    def requirements(self) -> tuple[Requirement, ...]:
        """Optional packages that these parameters need; a run checks them before it starts anything."""
        return ()

    def parameters(self) -> dict[str, Any]:
        """Every parameter that can decide a result, defaults included, as JSON values."""
        return self.model_dump(mode="json", exclude=self._location_fields())

    def locations(self) -> dict[str, str]:
        """Paths of files on this machine: needed to build the component, and never part of the key."""
        return self.model_dump(mode="json", include=self._location_fields(), exclude_none=True)

    @classmethod
    def _location_fields(cls) -> set[str]:
        return {name for name in cls.model_fields if is_location(cls, name)}


def is_location(model: type[BaseModel], field: str) -> bool:
    """Whether a field is marked `json_schema_extra={"suite_path": True}`: a file that a suite names."""
    extra = model.model_fields[field].json_schema_extra
    return isinstance(extra, dict) and extra.get("suite_path") is True
