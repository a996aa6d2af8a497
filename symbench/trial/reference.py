"""A parameter that is another entry's result: what a suite writes, and what a trial is given in its place.

`symmetry: {from: liegan, task: top-tagging-density, train_size: 1000}` makes each trial of the entry use the
generators that one trial of `liegan` claimed. In the trial's spec the parameter is the word PLACEHOLDER alone: which
result is meant stands in `TrialSpec.source`, and enters the key by the key of that trial. The worker puts the
generators in the parameter's place before it builds the component, so that a component knows nothing of suites.
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
    """Another entry of the same suite, whose generators a parameter is.

    Task and training size are needed only where the entry stands in several blocks, or has several sizes.
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
        """Labels are no part of what decides a result."""
        if not isinstance(self, From):  # pydantic offers every value of a union to the serialiser of each member
            raise PydanticSerializationUnexpectedValue
        return dict(PLACEHOLDER)


def takes_source(model: type[BaseModel], field: str) -> bool:
    """Whether a field is marked `json_schema_extra={"suite_source": True}`: its value may be a `From`."""
    extra = model.model_fields[field].json_schema_extra
    return isinstance(extra, dict) and extra.get("suite_source") is True


def filled(parameters: Mapping[str, Any], generators: npt.NDArray[np.float64] | None) -> dict[str, Any]:
    """The parameters of a spec with the source's generators (k, d, d) in the place that is kept for them.

    Raises RuntimeError where generators are missing.
    """
    places = [name for name, value in parameters.items() if value == PLACEHOLDER]
    if places and generators is None:
        raise RuntimeError(f"{', '.join(places)} is another trial's result, and this trial was given none")
    return {**parameters, **{name: generators.tolist() for name in places if generators is not None}}


def filled_operations(evaluation: Mapping[str, Any], generators: npt.NDArray[np.float64] | None) -> dict[str, Any]:
    """What a trial is evaluated under, with the source's generators where an operation takes them."""
    operations = [filled(operation, generators) for operation in evaluation.get("operations", [])]
    return {**evaluation, "operations": operations} if operations else dict(evaluation)
