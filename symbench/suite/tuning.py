"""The `tune` section of a suite: the search of each entry of a block, checked against its parameters."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from symbench.classifiers.learner import Learner
from symbench.component import Component, is_location
from symbench.errors import DataError, nearest
from symbench.metrics.version import METRICS_VERSION
from symbench.suite.blocks import Entry, component_spec
from symbench.suite.components import ComponentReader
from symbench.suite.schema import MethodEntry, SuiteFile, TrainedBlock
from symbench.suite.source import YamlPath
from symbench.tasks.base import Task
from symbench.trial.reference import From, takes_source
from symbench.tuning.search import Search, Settings
from symbench.tuning.space import Dimension, Space

_LENGTH = (
    "epochs",
    "min_steps",
    "patience",
)  # the length of a training, which must be the same for all configurations of a search


def settings_of(file: SuiteFile, block: TrainedBlock) -> Settings | None:
    """The search settings of a block, with the training size filled in; None without a search."""
    asked = block.tune or file.tune
    if asked is None or asked.search == "none":
        return None
    return asked.model_copy(update={"train_size": asked.train_size or max(block.train_sizes)})


class SearchReader:
    """Finds the search of each entry of one block, and adds problems to those of `components`."""

    def __init__(
        self,
        components: ComponentReader,
        file: SuiteFile,
        path: YamlPath,
        block: TrainedBlock,
        data_digest: str,
    ) -> None:
        self.add = components.add
        self.file, self.path, self.block, self.data_digest = file, path, block, data_digest
        self.settings = settings_of(file, block)

    def _check_size(self, available: int) -> None:
        settings = self.settings
        if settings is None or settings.train_size is None or settings.train_size <= available:
            return
        at: YamlPath = (*self.path, "tune", "train_size") if self.block.tune else ("tune", "train_size")
        message = f"larger than the data set of {self.block.task.name}, which has {available} training events"
        self.add(at, message, settings.train_size)

    def entries(self, entries: Sequence[Entry], task: Task, task_label: str) -> list[Entry]:
        """The entries of the block, each with its search if it has one."""
        with contextlib.suppress(DataError):  # already reported as a problem, or irrelevant for recorded results
            self._check_size(task.sizes().train)
        pairs = zip(self.block.methods, entries, strict=True)
        return [
            replace(entry, search=self._search(index, method, entry, task, task_label))
            for index, (method, entry) in enumerate(pairs)
        ]

    def _search(self, index: int, method: MethodEntry, entry: Entry, task: Task, task_label: str) -> Search | None:
        at = (*self.path, "methods", index)
        if method.search_space is not None and self.file.tune is None and self.block.tune is None:
            message = "has no effect without a search"
            self.add((*at, "search_space"), message, hint="add a `tune` section, as in `tune: {trials: 8}`")
        component = entry.component
        if self.settings is None or entry.incompatibility is not None or not isinstance(component, Learner):
            return None
        recipe = self._stand_alone(at, component)
        space = self._space(at, method, recipe) if recipe else None
        if recipe is None or not space:
            return None
        return Search(
            task=component_spec(task),
            task_label=task_label,
            method=component_spec(recipe),
            method_label=entry.label,
            space=space,
            settings=self.settings,
            budget=self.block.budget or self.file.budget,
            data_digest=self.data_digest,
            metrics_version=METRICS_VERSION[task.track],
            track=task.track,
            resources=entry.resources.model_copy(update={"workers": 1}),
        )

    def _stand_alone(self, at: YamlPath, component: Learner) -> Learner | None:
        """The network without the result of another entry, which is unknown when searches run.

        The search uses the parameter's default instead.
        """
        used = [name for name in type(component).model_fields if isinstance(getattr(component, name), From)]
        if not used:
            return component
        given = {name: getattr(component, name) for name in component.model_fields_set - set(used)}
        try:
            return type(component)(**given)
        except ValidationError:
            message = "uses another entry's result and has no default that a search could use"
            self.add((*at, "params", used[0]), message, hint="write `search_space: {}` to exclude this entry")
            return None

    def _space(self, at: YamlPath, method: MethodEntry, recipe: Learner) -> Space:
        if method.search_space is None:
            default = recipe.search_space()
            return {name: default[name] for name in default if name not in method.params}
        fields = type(recipe).model_fields
        known = [name for name in fields if not is_location(type(recipe), name) and name not in _LENGTH]
        space: dict[str, Dimension] = {}
        for name, dimension in method.search_space.items():
            place = (*at, "search_space", name)
            if name in _LENGTH:
                self.add(place, "sets the length of a training, which is the same for all configurations")
            elif name not in known:
                self.add(place, f"{method.name} has no such parameter", name, nearest(name, known))
            elif takes_source(type(recipe), name):
                self.add(place, "stands for another entry's result and cannot be searched", name)
            else:
                space[name] = self._checked(place, name, dimension, recipe)
        return space

    def _checked(self, place: YamlPath, name: str, dimension: Dimension, recipe: Learner) -> Dimension:
        """The dimension with choices converted to the parameter's type; each end must be a valid value."""
        values = []
        for index, end in enumerate(dimension.ends):
            try:
                values.append(getattr(changed(recipe, {name: end}), name))
            except ValidationError as error:
                reason = error.errors()[0]["msg"].removeprefix("Value error, ")
                message = f"not a valid {name}: {reason[:1].lower()}{reason[1:]}"
                self.add((*place, dimension.kind, index), message, end)
        if dimension.choice is None or len(values) < len(dimension.choice):
            return dimension
        return dimension.model_copy(update={"choice": tuple(to_jsonable_python(values))})


def changed(component: Component, parameters: Mapping[str, Any]) -> Any:
    """The component with other values of some parameters; raises ValidationError."""
    given = {name: getattr(component, name) for name in component.model_fields_set}
    return type(component)(**{**given, **parameters})
