"""The structure of a suite's YAML, checked before any name in it is looked up.

Fields marked by `names_of` take the names of one table of the registry; `json_schema` lists them for editors.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from symbench import registry
from symbench.component import FrozenModel
from symbench.suite.published import Published
from symbench.trial.resources import Resources
from symbench.tuning.search import Settings
from symbench.tuning.space import Dimension
from symbench.words import is_one_line

SUITE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_UNITS = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def names_of(table: str) -> Any:
    """Mark a field whose value is a name: `tasks`, `discovery`, `classifiers`, `regressors` or `operations`."""
    return Field(json_schema_extra={NAMES: table})


NAMES = "x-symbench-names"
"""The key that marks such a field for `json_schema`."""


def _seconds(value: Any) -> Any:
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", value)
        if match is None or match[2] not in _UNITS:
            raise ValueError("write a duration as '90 s', '10 min' or '2 h'")
        return float(match[1]) * _UNITS[match[2]]
    return value


def _gibibytes(value: Any) -> Any:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([MGT]iB)\s*", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write an amount of memory as '500 MiB' or '4 GiB'")
    return float(match[1]) * {"MiB": 2.0**-10, "GiB": 1.0, "TiB": 2.0**10}[match[2]]


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _transformation(value: Any) -> Any:
    return {"transformation": value} if isinstance(value, str) else value


def _seed_list(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= 100_000:
            raise ValueError("the number of seeds must be between 1 and 100000")
        return list(range(value))
    return value


def _label(value: str) -> str:
    if not is_one_line(value):
        raise ValueError("a label is one line of visible characters, without spaces around it")
    return value


def _search(value: Any) -> Any:
    if value is False:
        return {"search": "none"}
    if value is not None and not isinstance(value, Mapping | Settings):
        raise ValueError("write a search as {trials: 8} or {search: asha, core_minutes: 10}, or false for none")
    return value


_DURATION = Annotated[str, Field(pattern=r"^\s*\d+(\.\d+)?\s*(s|sec|min|h|d)\s*$")]
_MEMORY = Annotated[str, Field(pattern=r"^\s*\d+(\.\d+)?\s*[MGT]iB\s*$")]
_SEED = Annotated[int, Field(ge=0, strict=True)]
_COUNT = Annotated[int, Field(ge=1, le=100_000)]
_POSITIVE = Annotated[float, Field(gt=0, allow_inf_nan=False)]

# `json_schema_input_type` is what a suite may write, in the JSON schema; it checks nothing here.
Seconds = Annotated[
    float,
    BeforeValidator(_seconds, json_schema_input_type=_POSITIVE | _DURATION),
    Field(gt=0, allow_inf_nan=False),
]
Gibibytes = Annotated[
    float, BeforeValidator(_gibibytes, json_schema_input_type=_MEMORY), Field(gt=0, allow_inf_nan=False)
]
Seeds = Annotated[
    list[_SEED],
    BeforeValidator(_seed_list, json_schema_input_type=_COUNT | Annotated[list[_SEED], Field(min_length=1)]),
    Field(min_length=1),
]
Tune = Annotated[Settings | None, BeforeValidator(_search, json_schema_input_type=Settings | Literal[False] | None)]
Size = Annotated[int, Field(gt=0, strict=True)]
TaskName = Annotated[str, names_of("tasks")]
DiscoveryName = Annotated[str, names_of("discovery")]
ClassifierName = Annotated[str, names_of("classifiers")]
RegressorName = Annotated[str, names_of("regressors")]
OperationName = Annotated[str, names_of("operations")]


class ResourceEntry(FrozenModel):
    """The request of a trial to the scheduler."""

    cpus: float = Field(1.0, gt=0, description="CPU cores; also the threads of the trial")
    gpus: float = Field(0.0, ge=0, description="GPUs; a fraction shares one")
    memory: Gibibytes | None = Field(None, description="memory that the scheduler sets aside, such as '4 GiB'")
    custom: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default_factory=dict, description="resources that nodes declare under names of their own"
    )
    labels: dict[str, str] = Field(default_factory=dict, description="labels that a node must carry")

    def resources(self, *, workers: int, timeout_s: float) -> Resources:
        """The request of a trial."""
        request = self.model_dump(exclude={"memory"})
        return Resources(**request, memory_gib=self.memory, workers=workers, timeout_s=timeout_s)


class TaskEntry(FrozenModel):
    """A task by name, with parameters and a label for tables."""

    name: TaskName = Field(description="the registered name")
    params: dict[str, Any] = Field(
        default_factory=dict, description="parameters; `symbench tasks NAME` and `symbench methods NAME` list them"
    )
    label: Annotated[str, AfterValidator(_label)] | None = Field(
        None, min_length=1, max_length=100, description="name in tables; by default the registered name"
    )


class BlockTask(TaskEntry):
    """The task of a block, which may be another one for each seed."""

    by_seed: str | None = Field(
        None, min_length=1, description="a parameter that has the value of the trial's seed: another task for each seed"
    )


class MethodEntry(TaskEntry):
    """A discovery method, classifier or regressor by name."""

    name: str = Field(description="the registered name")
    resources: ResourceEntry | None = Field(None, description="in place of the suite's resources")
    timeout: Seconds | None = Field(None, description="time limit of a trial, in place of the block's")
    workers: int = Field(1, ge=1, le=1024, strict=True, description="processes that share one training or one fit")
    published: list[Published] = Field(
        default_factory=list, description="published figures that the report compares this entry with"
    )
    search_space: dict[str, Dimension] | None = Field(
        None, description="parameters that a search varies, in place of its default"
    )


class DiscoveryEntry(MethodEntry):
    """A discovery method by name."""

    name: DiscoveryName = Field(description="the registered name")


class ClassifierEntry(MethodEntry):
    """A classifier by name."""

    name: ClassifierName = Field(description="the registered name")


class RegressorEntry(MethodEntry):
    """A regressor by name."""

    name: RegressorName = Field(description="the registered name")


class OperationEntry(FrozenModel):
    """An operation by name with its settings, as the JSON schema shows it; `suite.operations` checks the settings."""

    model_config = ConfigDict(extra="allow")

    name: OperationName = Field(description="the registered name")


class BlockFile(FrozenModel):
    """The keys that blocks of all kinds share."""

    task: Annotated[BlockTask, BeforeValidator(_named, json_schema_input_type=TaskName | BlockTask)] = Field(
        description="a task by its name, or by name, params and label"
    )
    train_sizes: list[Size] = Field(min_length=1, description="training events of a trial")
    seeds: Seeds | None = Field(None, description="a number of seeds, or a list of them; by default the suite's")
    timeout: Seconds | None = Field(None, description="time limit of a trial, in place of the suite's")
    budget: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="factor of the training budgets, in place of the suite's"
    )

    @abstractmethod
    def entries(self) -> list[tuple[tuple[str | int, ...], MethodEntry]]:
        """The entries that are compared on the task, each with its place in the block."""


class MethodBlock(BlockFile):
    """A block that lists methods."""

    methods: Sequence[MethodEntry] = Field(min_length=1, description="the entries that are compared on the task")

    def entries(self) -> list[tuple[tuple[str | int, ...], MethodEntry]]:
        return [(("methods", index), method) for index, method in enumerate(self.methods)]


class DiscoveryBlock(MethodBlock):
    """One task of symmetry discovery with the methods that answer it."""

    methods: list[
        Annotated[DiscoveryEntry, BeforeValidator(_named, json_schema_input_type=DiscoveryName | DiscoveryEntry)]
    ] = Field(min_length=1, description="discovery methods, each by its name or by name, params and label")


class TrainedBlock(MethodBlock):
    """The keys that blocks of trained networks share."""

    tune: Tune = Field(None, description="a search in place of the suite's, or false for none")
    baseline: str | None = Field(None, description="label of the entry that data efficiency is stated against")


class ClassificationBlock(TrainedBlock):
    """One classification task with its classifiers."""

    methods: list[
        Annotated[ClassifierEntry, BeforeValidator(_named, json_schema_input_type=ClassifierName | ClassifierEntry)]
    ] = Field(min_length=1, description="classifiers, each by its name or by name, params and label")
    operations: list[
        Annotated[dict[str, Any], BeforeValidator(_named, json_schema_input_type=OperationName | OperationEntry)]
    ] = Field(
        default_factory=lambda: [{"name": name} for name in registry.default_operations()],
        description="symmetry operations that invariance is measured under",
    )
    breaking: Size | None = Field(
        None,
        description="training events with which to measure how far the data break each operation, by `which-is-real`",
    )


class TransformationEntry(FrozenModel):
    """A transformation that is tested: by name or by its matrix."""

    transformation: str | None = Field(
        None, description="such as parity, charge_conjugation*parity, exchange:1,3 or beam_boost:0.5"
    )
    matrix: list[list[float]] | None = Field(None, description="a matrix that acts on every vector, or its inverse")
    label: Annotated[str, AfterValidator(_label)] | None = Field(
        None, min_length=1, max_length=80, description="name in tables; by default the transformation"
    )

    def method(self, *, control: bool = False) -> MethodEntry:
        """The entry of `which-is-real`."""
        params = self.model_dump(exclude={"label"}, exclude_none=True)
        label = self.label or self.transformation or "matrix"
        if control:
            params, label = {**params, "control": True}, f"{label} (control)"
        return MethodEntry(name="which-is-real", params=params, label=label)


class ChallengeBlock(BlockFile):
    """One task, and the transformations that its events may exclude as symmetries."""

    transformations: list[
        Annotated[
            TransformationEntry,
            BeforeValidator(_transformation, json_schema_input_type=str | TransformationEntry),
        ]
    ] = Field(min_length=1, description="transformations, each by its name, or as {label, matrix}")
    controls: bool = Field(
        False,
        description="also test each on pairs of events and copies that are exchanged at random, so that it holds",
    )

    def entries(self) -> list[tuple[tuple[str | int, ...], MethodEntry]]:
        kinds = (False, True) if self.controls else (False,)
        return [
            (("transformations", index), one.method(control=control))
            for control in kinds
            for index, one in enumerate(self.transformations)
        ]


class RegressionBlock(TrainedBlock):
    """One regression task with its regressors."""

    methods: list[
        Annotated[RegressorEntry, BeforeValidator(_named, json_schema_input_type=RegressorName | RegressorEntry)]
    ] = Field(min_length=1, description="regressors, each by its name or by name, params and label")


class SuiteFile(FrozenModel):
    """The whole file of a suite."""

    name: Annotated[str, Field(pattern=SUITE_NAME)] = Field(
        description="name of the suite; its results are stored under this name"
    )
    description: str = Field("", description="one line for reports")
    plugins: list[str] = Field(
        default_factory=list,
        description="Python files in the suite's folder that register components; run only if you allow them",
    )
    seeds: Seeds = Field(
        default_factory=lambda: list(range(5)), description="a number of seeds, or a list of them; by default 5"
    )
    timeout: Seconds = Field(600.0, description="time limit of a trial")
    budget: float = Field(1.0, gt=0, allow_inf_nan=False, description="scales every method's own training budget")
    resources: ResourceEntry = Field(ResourceEntry(), description="the request of every trial to the scheduler")
    tune: Tune = Field(None, description="a search of every network's recipe before its trials; false for none")
    discovery: list[DiscoveryBlock] = Field(
        default_factory=list, description="tasks of symmetry discovery, each with its methods"
    )
    challenge: list[ChallengeBlock] = Field(
        default_factory=list, description="tasks with transformations that their events may exclude as symmetries"
    )
    classification: list[ClassificationBlock] = Field(
        default_factory=list, description="classification tasks, each with its classifiers"
    )
    regression: list[RegressionBlock] = Field(
        default_factory=list, description="regression tasks, each with its regressors"
    )

    @property
    def kinds(self) -> dict[str, Sequence[BlockFile]]:
        """The blocks of each kind, in the order in which they run."""
        return {
            "discovery": self.discovery,
            "challenge": self.challenge,
            "classification": self.classification,
            "regression": self.regression,
        }

    @property
    def blocks(self) -> list[BlockFile]:
        """The blocks of all kinds."""
        return [block for blocks in self.kinds.values() for block in blocks]
