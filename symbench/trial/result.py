"""The result of a trial: its status, metrics, arrays, timings and error."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PlainSerializer

from symbench.component import FrozenModel
from symbench.trial.arrays import decode_array
from symbench.trial.spec import TrialSpec

if TYPE_CHECKING:
    import numpy.typing as npt


TRAIN_POOL = "train_pool"
"""The note that holds the number of events from which the training events were drawn."""

UNUSABLE_SOURCE = "UnusableSourceError"


FAILED_SOURCE = "FailedSourceError"


class Status(StrEnum):
    """How a trial ended. Only `ok` and `incompatible` are final; trials with another status run again.

    `skipped` is a trial whose source has no usable result. If the source failed, both run again; if it ended well and
    claimed nothing usable, it would do so again, and the skipped result is final (`TrialResult.final`).
    """

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    OOM = "oom"
    SKIPPED = "skipped"
    INCOMPATIBLE = "incompatible"

    @property
    def final(self) -> bool:
        return self in (Status.OK, Status.INCOMPATIBLE)


@dataclass(frozen=True)
class Outcome:
    """The scientific part of a trial's result.

    metrics   flat names to numbers; a metric that could not be computed is absent, one that is infinite or NaN is kept
    arrays    small arrays worth keeping (generators, spectra, curves, test scores)
    timings   wall seconds of `fit` and `evaluate`
    notes     short texts, such as the name of the recognised algebra
    """

    metrics: dict[str, float]
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


class TrialError(FrozenModel):
    """An exception, short enough to be recorded."""

    type: str
    message: str
    traceback: str = ""


def _json_numbers(values: dict[str, float]) -> dict[str, float | str]:
    if all(map(math.isfinite, values.values())):
        return dict(values)
    return {name: v if math.isfinite(v) else _NOT_FINITE[str(float(v))] for name, v in values.items()}


_NOT_FINITE = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
"""JSON has no such numbers: they are texts there, which pydantic reads as numbers."""

Numbers = Annotated[dict[str, float], PlainSerializer(_json_numbers, when_used="json")]


class TrialResult(FrozenModel):
    """The record of a trial. `arrays` holds small arrays, encoded by `encode_array`."""

    key: str
    spec: TrialSpec
    status: Status
    metrics: Numbers = Field(default_factory=dict)
    arrays: dict[str, dict[str, Any]] = Field(default_factory=dict)
    timings: Numbers = Field(default_factory=dict)
    peak_memory_mib: float | None = None
    environment: dict[str, str] = Field(default_factory=dict)
    notes: dict[str, str] = Field(default_factory=dict)
    error: TrialError | None = None
    finished_at: float = 0.0

    @property
    def question(self) -> str:
        """`spec.question`."""
        return self.spec.question

    @property
    def final(self) -> bool:
        """Whether the trial does not run again."""
        unusable = self.error is not None and self.error.type == UNUSABLE_SOURCE
        return self.status.final or (self.status is Status.SKIPPED and unusable)

    def array(self, name: str) -> npt.NDArray[Any] | None:
        """The array of this name, decoded; None if the trial has none."""
        encoded = self.arrays.get(name)
        return None if encoded is None else decode_array(encoded)

    def whole(self) -> TrialResult:
        """The result with all its arrays; a result from a journal reads them only now."""
        return self
