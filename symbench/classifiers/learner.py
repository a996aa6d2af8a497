"""The common base of classifiers and regressors: the training recipe, and what the shared training loop calls."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from symbench.component import Component
from symbench.tasks.base import Task
from symbench.trial.result import Outcome
from symbench.tuning.space import Dimension, Space

if TYPE_CHECKING:
    import torch
    from torch import nn

    from symbench.classifiers.training.jets import Jets
    from symbench.classifiers.training.penalty import Penalty
    from symbench.data.container import Dataset
    from symbench.data.signature import Signature


SEARCH_FACTOR = 5.0  # a search varies the learning rate between the default divided and multiplied by this


def _is_auto(value: object) -> bool:
    return value == "auto"


def _on_or_off(value: object) -> object:
    """YAML reads on and off as true and false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


class Learner(Component):
    """A network that learns to predict a label; its fields are the training recipe, subclasses add the architecture.

    The network is called as `module(vectors (B, P, d), mask (B, P), features (B, P, F) | None)`. Classifiers and
    regressors differ in what it returns, and in the loss.
    """

    evaluation_batch: ClassVar[int] = 64
    """Validation events that are evaluated at once."""

    epochs: int = Field(20, ge=1, description="passes over the training events at budget 1")
    batch_size: int = Field(64, ge=1, description="events in a training step")
    learning_rate: float = Field(1e-3, gt=0, description="peak learning rate of AdamW")
    weight_decay: float = Field(0.01, ge=0, description="decoupled weight decay of AdamW")
    min_steps: int = Field(0, ge=0, description="least number of steps: small samples are trained for more epochs")
    clip_norm: float = Field(1.0, gt=0, description="largest norm of the gradient of a step")
    patience: int | None = Field(
        None,
        ge=0,
        description="stop after this many epochs without a lower validation loss, 0: never; "
        "by default after a third of the planned epochs, but not fewer than 10",
    )

    # `auto` leaves the choice to the machine, so it is no part of a trial's key.
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="of matrix products in training; by default bfloat16 on GPUs that support it, for networks that do",
        exclude_if=_is_auto,
    )
    compile: Annotated[Literal["auto", "on", "off"], BeforeValidator(_on_or_off)] = Field(
        "auto",
        description="compile the training step; by default on a GPU, in trainings long enough to repay it",
        exclude_if=_is_auto,
    )

    @property
    def closed_form(self) -> bool:
        """Whether `network` is the result already: nothing is trained, and one epoch measures its losses."""
        return False

    @abstractmethod
    def incompatibility(self, task: Task) -> str | None:
        """Why this learner cannot be trained on this task, or None if it can; evaluated at plan time."""

    @abstractmethod
    def network(self, outputs: int | Signature, train_data: Dataset) -> nn.Module:
        """A newly initialised network, drawn from torch's default generator, which the training loop seeds.

        outputs      the number of classes, or the signature of a regression
        train_data   events that may determine units and scales
        Raises IncompatibleError if there is no network for these outputs.
        """

    def search_space(self) -> Space:
        """The default search space: the training recipe, around the default values.

        It contains neither the architecture nor the length of the training. Override it to add parameters.
        """
        low, high = self.learning_rate / SEARCH_FACTOR, self.learning_rate * SEARCH_FACTOR
        space = {
            "learning_rate": Dimension(log_uniform=(float(f"{low:.3g}"), float(f"{high:.3g}"))),
            "weight_decay": Dimension(log_uniform=(1e-4, 1e-1)),
        }
        if "dropout" in type(self).model_fields:
            space["dropout"] = Dimension(uniform=(0.0, 0.3))
        return space

    def augment(self, batch: Jets, generator: torch.Generator) -> Jets:
        """The events that replace a global batch in training: as many, in the same order, with their labels.

        generator   on the CPU, seeded by the trial's seed and the training step. Draw from no other generator: only
                    then is an interrupted training, or one in several processes, equal to an uninterrupted one
        """
        return batch

    def penalty(self, outputs: int | Signature) -> Penalty | None:
        """A term that the training adds to the loss for a broken symmetry, or None.

        outputs   as of `network`: the target's representation decides what an equivariant network does
        """
        return None

    def diagnostics(self) -> Outcome:
        """Metrics and arrays that follow from the parameters alone, such as the metric tensor of generators."""
        return Outcome({})
