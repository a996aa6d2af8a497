"""The base of regressors that train another regressor in another way: its name, its parameters and its recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator

from symbench.classifiers.wrapped import trained_learner, with_recipe
from symbench.component import Track
from symbench.extras import Requirement
from symbench.regressors.base import Regressor

if TYPE_CHECKING:
    from torch import nn

    from symbench.data.container import Dataset
    from symbench.data.signature import Signature


class WrappedRegressor(Regressor):
    """A regressor that trains the network of another; the recipe is by default that of the trained regressor.

    around, source_field   as of `WrappedClassifier`
    """

    around: ClassVar[str]
    source_field: ClassVar[str]

    regressor: str = Field("mlp", description="name of the trained regressor")
    params: dict[str, Any] = Field(default_factory=dict, description="parameters of the trained regressor")
    regressor_version: str = Field("", description="version of the trained regressor; filled in")

    @model_validator(mode="before")
    @classmethod
    def _recipe_of_the_regressor(cls, values: Any) -> Any:
        return with_recipe(cls, values, Track.REGRESSION, set(Regressor.model_fields))

    @model_validator(mode="after")
    def _trains(self) -> WrappedRegressor:
        if self._trained.closed_form:
            raise ValueError(f"{self.regressor} is fitted in closed form: there is no training to change")
        return self

    def requirements(self) -> tuple[Requirement, ...]:
        return self._trained.requirements()

    def refuses(self, signature: Signature) -> str | None:
        """As the trained regressor."""
        return self._trained.refuses(signature)

    def build(self, signature: Signature) -> nn.Module:
        return self._trained.build(signature)

    def network(self, outputs: int | Signature, train_data: Dataset) -> nn.Module:
        reason = None if isinstance(outputs, int) else self.refuses(outputs)
        if reason is not None:
            from symbench.errors import IncompatibleError

            raise IncompatibleError(reason)
        return self._trained.network(outputs, train_data)

    @property
    def _trained(self) -> Regressor:
        trained = trained_learner(type(self), Track.REGRESSION, self.regressor, self.params)
        assert isinstance(trained, Regressor)
        return trained
