"""The contract of a regressor: from vectors and scalars to tensors, trained by the loop that classifiers share."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.classifiers.learner import Learner
from symbench.component import Track
from symbench.errors import IncompatibleError
from symbench.tasks.base import RegressionTask, Task

if TYPE_CHECKING:
    from torch import nn

    from symbench.data.container import Dataset
    from symbench.data.signature import Signature


class Regressor(Learner):
    """A network from P vectors of dimension d with F scalars each to tensors; its fields are architecture and recipe.

    The module that `build` returns is called as `module(vectors (B, P, d), mask (B, P), features (B, P, F) | None)` in
    float64 and returns the components of the target (B, D). It is wrapped by `nets.scaled`: vectors are divided by one
    number and targets by another, which keeps every linear symmetry; only scalar targets are centred.
    """

    tracks: ClassVar[frozenset[Track]] = frozenset({Track.REGRESSION})

    evaluation_batch: ClassVar[int] = 1024  # events are small: in batches of 64 validation took most of the time

    epochs: int = Field(30, ge=1, description="passes over the training events at budget 1")
    batch_size: int = Field(500, ge=1, description="events in a training step")
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate of AdamW")
    weight_decay: float = Field(0.0, ge=0, description="decoupled weight decay of AdamW")
    min_steps: int = Field(1000, ge=0, description="least number of steps: small samples are trained for more epochs")

    def incompatibility(self, task: Task) -> str | None:
        """Why this regressor cannot be trained on this task, or None if it can; evaluated at plan time."""
        if not isinstance(task, RegressionTask):
            return f"{self.name} is a regressor; {task.name} is a task of the {task.track} track"
        return self.refuses(task.outputs())

    def refuses(self, signature: Signature) -> str | None:
        """Why there is no network of this signature, or None if there is."""
        return None

    @abstractmethod
    def build(self, signature: Signature) -> nn.Module:
        """A newly initialised network of this signature, drawn from torch's default generator."""

    def network(self, outputs: int | Signature, train_data: Dataset) -> nn.Module:
        """The network of `build` with the scales of the training events."""
        from symbench.classifiers.training.jets import Jets
        from symbench.regressors.nets.scaled import Scaled

        if isinstance(outputs, int):
            raise IncompatibleError(f"{self.name} is a regressor, and the label is a class")
        reason = self.refuses(outputs)
        if reason is not None:
            raise IncompatibleError(reason)
        return Scaled.fitted(self.build(outputs), Jets.of(train_data, "cpu", outputs), outputs)
