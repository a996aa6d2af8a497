"""A trial before and after it ran: the specification, its content key, and the result."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from symbench.component import Track

if TYPE_CHECKING:
    import numpy.typing as npt


UNUSABLE_SOURCE = "UnusableSourceError"
FAILED_SOURCE = "FailedSourceError"


class Status(StrEnum):
    """How a trial ended. Only `ok` and `incompatible` are final; all others run again at the next run.

    `skipped` is a trial whose source gave it nothing to use. Where the source failed, both run again; where it ended
    well and claimed nothing usable, the same source would do the same, and the skipped result stands
    (`TrialResult.final`).
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


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ComponentSpec(_Frozen):
    """A component by name with all its parameters, and the version of its code.

    `locations` says where its files lie on the machine that wrote the spec; it is no part of the key.
    """

    name: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    locations: dict[str, str] = Field(default_factory=dict)
    version: str


def _pairs(value: Any) -> Any:
    """A mapping as sorted pairs, which can be hashed and compared."""
    return tuple(sorted(value.items())) if isinstance(value, Mapping) else value


class Resources(_Frozen):
    """What a trial asks for, each of its workers when it has several; never part of its key."""

    cpus: float = Field(1.0, gt=0, description="CPU cores, and threads of the trial where at least one")
    gpus: float = Field(0.0, ge=0, description="GPUs; fractions share one")
    memory_gib: float | None = Field(None, gt=0, description="memory in GiB that the scheduler sets aside")
    custom: Annotated[tuple[tuple[str, float], ...], BeforeValidator(_pairs)] = Field(
        (), description="amounts of the resources that a cluster's nodes declare under names of their own"
    )
    labels: Annotated[tuple[tuple[str, str], ...], BeforeValidator(_pairs)] = Field(
        (), description="labels that a node must carry, by key"
    )
    workers: int = Field(1, ge=1, description="processes that train one classifier together")
    timeout_s: float = Field(600.0, gt=0, description="time limit of one trial in seconds")


class Source(_Frozen):
    """The trial whose result another trial uses: by its key, which enters the other's, and by names for people."""

    key: str
    question: str
    task_label: str
    method_label: str
    train_size: int
    seed: int

    def __str__(self) -> str:
        return f"{self.method_label} on {self.task_label}, N = {self.train_size}, seed {self.seed}"


class Configuration(_Frozen):
    """Which configuration of which search a training is."""

    search: str = Field(description="key of the search")
    index: int = Field(ge=0, description="its place in the search's list; 0 is the recipe as it is")


class TrialSpec(_Frozen):
    """One trial: what is asked, of whom, with how many events and which seed.

    configuration  of a search, where the trial is no trial of the suite but one of a search's trainings
    source         the trial whose generators a parameter of the method stands for, in the spec of a trial that uses one
    """

    track: Track
    task: ComponentSpec
    method: ComponentSpec
    train_size: int
    seed: int
    budget: float = 1.0
    evaluation: dict[str, Any] = Field(default_factory=dict)
    data_digest: str
    metrics_version: str
    resources: Resources = Resources()
    task_label: str
    method_label: str
    configuration: Configuration | None = Field(None, exclude_if=lambda configuration: configuration is None)
    source: Source | None = Field(None, exclude_if=lambda source: source is None)

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON of everything that decides the result."""
        return _digest(self.content())

    @cached_property
    def question(self) -> str:
        """The same without versions and data digest: two results of one question differ by code or data only."""
        return _digest(self.question_content())

    def content(self) -> dict[str, Any]:
        """Everything that decides the result, as JSON: what the key is the digest of."""
        return self._dumped(self.source.key if self.source else None)

    def question_content(self) -> dict[str, Any]:
        """What `question` is the digest of."""
        return self._dumped(self.source.question if self.source else None, *_VERSIONS)

    def _dumped(self, source: str | None, *left_out: str) -> dict[str, Any]:
        content = self.model_dump(mode="json", exclude=_exclusions(*left_out))
        return content if source is None else {**content, "source": source}


_VERSIONS = ("version", "data_digest", "metrics_version")


def _exclusions(*more: str) -> dict[str, Any]:
    """What a digest leaves out: resources, labels and locations always, and `more` at either depth.

    A source enters by a digest of its own.
    """
    top: dict[str, Any] = dict.fromkeys(("resources", "task_label", "method_label", "source", *more), True)
    component = {"locations", *more}
    return {**top, "task": component, "method": component}


@dataclass(frozen=True)
class Outcome:
    """What the evaluation of one trial gives: the part of a result that is about science.

    metrics   flat names to finite numbers; what could not be computed is absent
    arrays    small arrays worth keeping (generators, spectra, curves, test scores)
    timings   wall seconds of `fit` and `evaluate`
    notes     short texts, such as the name of the algebra that was found
    """

    metrics: dict[str, float]
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


class TrialError(_Frozen):
    """What went wrong, short enough to keep."""

    type: str
    message: str
    traceback: str = ""


class TrialResult(_Frozen):
    """The record of a trial. `arrays` holds small arrays, encoded by `encode_array`."""

    key: str
    spec: TrialSpec
    status: Status
    metrics: dict[str, float] = Field(default_factory=dict)
    arrays: dict[str, dict[str, Any]] = Field(default_factory=dict)
    timings: dict[str, float] = Field(default_factory=dict)
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
        """Whether this result stands, so that its trial does not run again."""
        unusable = self.error is not None and self.error.type == UNUSABLE_SOURCE
        return self.status.final or (self.status is Status.SKIPPED and unusable)

    def array(self, name: str) -> npt.NDArray[Any] | None:
        """The array of this name, decoded; None where the trial has none."""
        encoded = self.arrays.get(name)
        return None if encoded is None else decode_array(encoded)

    def whole(self) -> TrialResult:
        """The result with all its arrays; one that was read from a journal leaves them there until asked."""
        return self


def encode_array(array: npt.NDArray[Any]) -> dict[str, Any]:
    """A numeric array as JSON: type, shape and base64 of its little-endian bytes."""
    import numpy as np

    kept = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    if kept.dtype.kind not in "fiub":
        raise TypeError(f"only numbers can be kept in a result, not {array.dtype}")
    return {
        "dtype": kept.dtype.str,
        "shape": list(kept.shape),
        "data": base64.b64encode(kept.tobytes()).decode("ascii"),
    }


def decode_array(encoded: dict[str, Any]) -> npt.NDArray[Any]:
    """The inverse of `encode_array`; the array is read-only."""
    import numpy as np

    dtype = np.dtype(encoded["dtype"])
    if dtype.kind not in "fiub":
        raise TypeError(f"a result cannot hold an array of {dtype}")
    return np.frombuffer(base64.b64decode(encoded["data"]), dtype=dtype).reshape(encoded["shape"])


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
