"""The specification of a trial, and its content key."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any

from pydantic import Field

from symbench.component import FrozenModel, Track
from symbench.trial.resources import Resources


class ComponentSpec(FrozenModel):
    """A component by name, with all its parameters and the version of its code.

    `locations` contains paths of its files on the machine that wrote the spec; it is not part of the key.
    """

    name: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    locations: dict[str, str] = Field(default_factory=dict)
    version: str


class Source(FrozenModel):
    """The trial whose result another trial uses: its key, which enters the key of the other, and its labels."""

    key: str
    question: str
    task_label: str
    method_label: str
    train_size: int
    seed: int

    def __str__(self) -> str:
        return f"{self.method_label} on {self.task_label}, N = {self.train_size}, seed {self.seed}"


class Configuration(FrozenModel):
    """The search and the configuration that a training belongs to."""

    search: str = Field(description="key of the search")
    index: int = Field(ge=0, description="index of the configuration in the search; 0 is the default recipe")


class TrialSpec(FrozenModel):
    """One trial: task, method, number of training events and seed.

    configuration  set for a training of a search, which is no trial of the suite
    source         the trial whose generators a parameter of the method stands for; None if it uses none
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
        """The key without versions and data digest: results of one question differ only by code or data."""
        return _digest(self.question_content())

    def content(self) -> dict[str, Any]:
        """Everything that decides the result, as JSON; the key is its digest."""
        return self._dumped(self.source.key if self.source else None)

    def question_content(self) -> dict[str, Any]:
        """The content of which `question` is the digest."""
        content = self._dumped(self.source.question if self.source else None, *_VERSIONS)
        operations = [
            {name: value for name, value in operation.items() if name != "version"}
            for operation in self.evaluation.get("operations", [])
        ]
        if operations:
            content["evaluation"] = {**content["evaluation"], "operations": operations}
        return content

    def _dumped(self, source: str | None, *left_out: str) -> dict[str, Any]:
        content = self.model_dump(mode="json", exclude=_exclusions(*left_out))
        return content if source is None else {**content, "source": source}


_VERSIONS = ("version", "data_digest", "metrics_version")


def _exclusions(*more: str) -> dict[str, Any]:
    """Fields that a digest excludes: always resources, labels and locations, and `more` at either depth.

    A source enters by its own digest.
    """
    top: dict[str, Any] = dict.fromkeys(("resources", "task_label", "method_label", "source", *more), True)
    component = {"locations", *more}
    return {**top, "task": component, "method": component}


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
