"""What the YAML of a suite may say: its structure, checked before any name in it is looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from symbench import registry
from symbench.component import FrozenModel
from symbench.suite.published import Published
from symbench.trial.resources import Resources
from symbench.tuning.search import Settings
from symbench.tuning.space import Dimension

SUITE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_UNITS = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def _seconds(value: Any) -> Any:
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", value)
        if match is None or match[2] not in _UNITS:
            raise ValueError("a duration reads like '90 s', '10 min' or '2 h'")
        return float(match[1]) * _UNITS[match[2]]
    return value


def _gibibytes(value: Any) -> Any:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([MGT]iB)\s*", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("an amount of memory reads like '500 MiB' or '4 GiB'")
    return float(match[1]) * {"MiB": 2.0**-10, "GiB": 1.0, "TiB": 2.0**10}[match[2]]


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _seed_list(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= 100_000:
            raise ValueError("the number of seeds must be between 1 and 100000")
        return list(range(value))
    return value


def _search(value: Any) -> Any:
    if value is False:
        return {"search": "none"}
    if value is not None and not isinstance(value, Mapping | Settings):
        raise ValueError("a search reads like {trials: 8} or {search: asha, core_minutes: 10}; false is none")
    return value


Seconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0, allow_inf_nan=False)]
Gibibytes = Annotated[float, BeforeValidator(_gibibytes), Field(gt=0, allow_inf_nan=False)]
Seeds = Annotated[list[Annotated[int, Field(ge=0, strict=True)]], BeforeValidator(_seed_list), Field(min_length=1)]
Tune = Annotated[Settings | None, BeforeValidator(_search)]
Size = Annotated[int, Field(gt=0, strict=True)]


class ResourceEntry(FrozenModel):
    """What each trial asks the scheduler for."""

    cpus: float = Field(1.0, gt=0, description="CPU cores; also the threads of the trial")
    gpus: float = Field(0.0, ge=0, description="GPUs; a fraction shares one")
    memory: Gibibytes | None = Field(None, description="memory that the scheduler sets aside, such as '4 GiB'")
    custom: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default_factory=dict, description="resources that nodes declare under names of their own"
    )
    labels: dict[str, str] = Field(default_factory=dict, description="labels that a node must carry")

    def resources(self, *, workers: int, timeout_s: float) -> Resources:
        """The request of a trial."""
        asked = self.model_dump(exclude={"memory"})
        return Resources(**asked, memory_gib=self.memory, workers=workers, timeout_s=timeout_s)


class TaskEntry(FrozenModel):
    """A task by name, with parameters and a label for tables."""

    name: str
    params: dict[str, Any] = Field(default_factory=dict)
    label: str | None = Field(None, min_length=1, max_length=100)


class MethodEntry(TaskEntry):
    """A discovery method or classifier by name."""

    resources: ResourceEntry | None = None
    timeout: Seconds | None = None
    workers: int = Field(1, ge=1, le=1024, strict=True, description="processes that train one classifier together")
    published: list[Published] = Field(
        default_factory=list, description="published figures that the report compares this entry with"
    )
    search_space: dict[str, Dimension] | None = Field(
        None, description="what a search varies of this classifier, in place of what it proposes itself"
    )


class BlockFile(FrozenModel):
    """What blocks of both kinds share."""

    task: Annotated[TaskEntry, BeforeValidator(_named)]
    train_sizes: list[Size] = Field(min_length=1, description="training events of a trial")
    methods: list[Annotated[MethodEntry, BeforeValidator(_named)]] = Field(min_length=1)
    seeds: Seeds | None = Field(None, description="a number of seeds, or a list of them")
    timeout: Seconds | None = None
    budget: float | None = Field(None, gt=0, allow_inf_nan=False)


class DiscoveryBlock(BlockFile):
    """One task of symmetry discovery with the methods that answer it."""


class ClassificationBlock(BlockFile):
    """One classification task with its classifiers."""

    tune: Tune = Field(None, description="another search than the suite's, or false for none")
    baseline: str | None = Field(None, description="label of the entry that data efficiency is stated against")
    operations: list[Annotated[dict[str, Any], BeforeValidator(_named)]] = Field(
        default_factory=lambda: [{"name": name} for name in registry.default_operations()],
        description="symmetry operations that invariance is measured under",
    )


class SuiteFile(FrozenModel):
    """The whole file."""

    name: Annotated[str, Field(pattern=SUITE_NAME)]
    description: str = ""
    plugins: list[str] = Field(default_factory=list, description="Python files in the suite's folder, run if allowed")
    seeds: Seeds = Field(default_factory=lambda: list(range(5)))
    timeout: Seconds = Field(600.0, description="time limit of a trial")
    budget: float = Field(1.0, gt=0, allow_inf_nan=False, description="scales every method's own training budget")
    resources: ResourceEntry = ResourceEntry()
    tune: Tune = Field(None, description="a search of every classifier's recipe before its trials; false for none")
    discovery: list[DiscoveryBlock] = Field(default_factory=list)
    classification: list[ClassificationBlock] = Field(default_factory=list)
