"""The base of classifiers that train another classifier in another way: its name, its parameters and its recipe."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, ValidationError, model_validator

from symbench import registry
from symbench.classifiers.base import Classifier, build_network
from symbench.classifiers.learner import Learner
from symbench.component import Track
from symbench.errors import UnknownNameError, nearest
from symbench.extras import Requirement
from symbench.tasks.base import Task
from symbench.trial.reference import From

if TYPE_CHECKING:
    from torch import nn


class WrappedClassifier(Classifier):
    """A classifier that trains the network of another; the recipe is by default that of the trained classifier."""

    around: ClassVar[str]
    """A participle for messages: `augmented`, …"""

    source_field: ClassVar[str]
    """The parameter that may be another entry's result; a parameter of the trained classifier may not."""

    classifier: str = Field("pfn", description="name of the trained classifier")
    params: dict[str, Any] = Field(default_factory=dict, description="parameters of the trained classifier")
    classifier_version: str = Field("", description="version of the trained classifier; filled in")

    @model_validator(mode="before")
    @classmethod
    def _recipe_of_the_classifier(cls, values: Any) -> Any:
        return with_recipe(cls, values, Track.CLASSIFICATION, set(Classifier.model_fields))

    def requirements(self) -> tuple[Requirement, ...]:
        return self._trained.requirements()

    def incompatibility(self, task: Task) -> str | None:
        """As the trained classifier."""
        return self._trained.incompatibility(task)

    def keeps(self) -> str | None:
        """As the trained classifier: what it learns is no more than approximate."""
        return self._trained.keeps()

    def build(self, classes: int = 2) -> nn.Module:
        return build_network(self._trained, classes)

    @property
    def _trained(self) -> Classifier:
        trained = trained_learner(type(self), Track.CLASSIFICATION, self.classifier, self.params)
        assert isinstance(trained, Classifier)
        return trained


def with_recipe(cls: type[Any], values: Any, track: Track, recipe_fields: Collection[str]) -> Any:
    """The values of a wrapper, with the recipe, the written-out parameters and the version of the trained learner."""
    if not isinstance(values, dict):
        return values
    kind = "regressor" if track is Track.REGRESSION else "classifier"
    name = values.get(kind, cls.model_fields[kind].default)
    params = values.get("params", {})
    if not isinstance(name, str) or not isinstance(params, dict):
        return values  # the types of the fields report this
    trained = trained_learner(cls, track, name, params)
    version = values.get(f"{kind}_version") or trained.version
    if version != trained.version:
        raise ValueError(f"{name} has version {trained.version} here; the parameters are for version {version}")
    recipe = {field: getattr(trained, field) for field in recipe_fields}
    return {**recipe, **values, "params": trained.parameters(), f"{kind}_version": trained.version}


def trained_learner(cls: type[Any], track: Track, name: str, params: dict[str, Any]) -> Learner:
    """The learner that a wrapper trains; raises ValueError if it cannot be trained so."""
    kind = "regressor" if track is Track.REGRESSION else "classifier"
    try:
        found = registry.find_learner(track, name)
        if around := getattr(found, "around", None):
            again = " again" if around == cls.around else ""
            raise ValueError(f"{'an' if around[0] in 'aeiou' else 'a'} {around} {kind} cannot be {cls.around}{again}")
        trained = found(**params)
    except UnknownNameError as error:
        raise ValueError(f"unknown {kind} {name!r}; {nearest(name, error.known)}") from None
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        raise ValueError(f"params of {name}: {'; '.join(problems)}") from None
    except TypeError as error:
        raise ValueError(f"names of params of {name} must be text: {error}") from None
    if any(isinstance(getattr(trained, field), From) for field in type(trained).model_fields):
        raise ValueError(f"the trained {name} cannot use another entry's result: only `{cls.source_field}` can")
    return trained
