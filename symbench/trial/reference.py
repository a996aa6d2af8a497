"""A parameter that is another entry's result: how a suite writes it, and how a trial receives the generators.

`symmetry: {from: liegan, task: top-tagging-density, train_size: 1000}` makes each trial of the entry use the
generators that one trial of `liegan` claimed. In the trial's spec the parameter is only PLACEHOLDER; `TrialSpec.source`
names the trial, whose key is part of this trial's key. The worker replaces the placeholder by the generators before it
builds the component, so that components do not depend on suites.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_serializer
from pydantic_core import PydanticSerializationUnexpectedValue

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PLACEHOLDER = {"from": "source"}


class From(BaseModel):
    """Another entry of the same suite, whose generators are used as a parameter.

    Task and training size are needed only if the entry is in several blocks, or has several sizes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    entry: str = Field(alias="from", min_length=1, description="label of a discovery entry")
    task: str | None = Field(None, min_length=1, description="label of its task")
    train_size: int | None = Field(None, gt=0, strict=True, description="training events of its trials")

    def word(self, key: str) -> object:
        """The value of a key as a suite writes it."""
        return self.entry if key == "from" else getattr(self, key)

    @model_serializer
    def _placeholder(self) -> dict[str, str]:
        """Labels do not decide a result, so they are not part of the key."""
        if not isinstance(self, From):  # pydantic offers every value of a union to the serialiser of each member
            raise PydanticSerializationUnexpectedValue
        return dict(PLACEHOLDER)


def takes_source(model: type[BaseModel], field: str) -> bool:
    """Whether a field is marked `json_schema_extra={"suite_source": True}`: its value may be a `From`."""
    extra = model.model_fields[field].json_schema_extra
    return isinstance(extra, dict) and extra.get("suite_source") is True


def filled(parameters: Mapping[str, Any], source_generators: npt.NDArray[np.float64] | None) -> dict[str, Any]:
    """The parameters of a spec; generators (k, d, d) of the source replace the placeholder.

    Raises RuntimeError if the generators are missing.
    """
    names = [name for name, value in parameters.items() if value == PLACEHOLDER]
    if not names:
        return dict(parameters)
    if source_generators is None:
        raise RuntimeError(f"{', '.join(names)} is another trial's result, and this trial received no generators")
    return {**parameters, **{name: source_generators.tolist() for name in names}}


def filled_operations(
    evaluation: Mapping[str, Any], source_generators: npt.NDArray[np.float64] | None
) -> dict[str, Any]:
    """The evaluation of a trial; generators of the source replace the placeholders of its operations."""
    operations = [filled(operation, source_generators) for operation in evaluation.get("operations", [])]
    return {**evaluation, "operations": operations} if operations else dict(evaluation)
