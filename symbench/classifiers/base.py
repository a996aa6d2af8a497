"""The contract of a classifier: from constituents to logits, trained by one shared loop."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from symbench.component import Component, Track
from symbench.errors import IncompatibleError
from symbench.tasks.base import ClassificationTask, Task
from symbench.trial.result import Outcome
from symbench.tuning.space import Dimension, Space

if TYPE_CHECKING:
    import torch
    from torch import nn

    from symbench.classifiers.training.jets import Jets


SEARCH_FACTOR = 5.0  # a search varies the learning rate between the default divided and multiplied by this


def _is_auto(value: object) -> bool:
    return value == "auto"


def _is_gev(value: object) -> bool:
    return value == "GeV"


def _on_or_off(value: object) -> object:
    """YAML reads on and off as true and false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


class Classifier(Component):
    """A jet classifier; its fields are the architecture and the training recipe.

    The module that `build` returns is called as `module(four_momenta (B, P, 4), mask (B, P), features (B, P, F) |
    None)` with float64 (E, px, py, pz) in GeV and returns logits (B, C). Padding never influences the output.

    spurions      a module with fixed reference vectors, such as the beams, keeps them in a buffer of this name (S, 4)
                  and accepts others by the keyword `spurions` (B or 1, S, 4), so that they can be transformed with
                  the jet
    autocast      optional attribute, true if training with matrix products in bfloat16 is known to work as well
                  (`training.precision`)
    fixed_shapes  optional attribute, true if tensors have the same shapes in all batches of one size
                  (`training.compilation`)
    """

    tracks: ClassVar[frozenset[Track]] = frozenset({Track.CLASSIFICATION})

    epochs: int = Field(20, ge=1, description="passes over the training jets at budget 1")
    batch_size: int = Field(64, ge=1, description="jets in a training step")
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

    momentum_unit: Literal["GeV", "sample"] = Field(
        "GeV",
        description="unit of the momenta in the network: GeV, or `sample`, the median pair mass of the training jets, "
        "which makes scores independent of the unit of the data",
        exclude_if=_is_gev,
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

    def incompatibility(self, task: Task) -> str | None:
        """Why this classifier cannot be trained on this task, or None if it can; evaluated at plan time."""
        if task.track not in self.tracks:
            return f"{self.name} is a classifier; {task.name} is a task of the {task.track} track"
        classes = len(task.label_names()) if isinstance(task, ClassificationTask) else 2
        return None if classes == 2 or takes_classes(self) else _two_classes_only(self, classes)

    def search_space(self) -> Space:
        """The default search space: the training recipe, around this classifier's default values.

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

    @abstractmethod
    def build(self, classes: int = 2) -> nn.Module:
        """A newly initialised network with logits (B, classes), drawn from torch's default generator.

        The training loop seeds that generator.
        """

    def augment(self, batch: Jets, generator: torch.Generator) -> Jets:
        """The jets that replace a global batch in training: as many, in the same order, with the same labels.

        generator   on the CPU, seeded by the trial's seed and the training step. Draw from no other generator: only
                    then is an interrupted training, or one in several processes, equal to an uninterrupted one
        """
        return batch

    def diagnostics(self) -> Outcome:
        """Metrics and arrays that follow from the parameters alone, such as the metric tensor of generators."""
        return Outcome({})


def build_network(classifier: Classifier, classes: int) -> nn.Module:
    """The classifier's network with logits (B, classes).

    For two classes `build` is called without arguments, so it need not have any. Raises IncompatibleError if more
    classes are needed and `build` has no argument for their number.
    """
    if classes == 2:
        return classifier.build()
    if not takes_classes(classifier):
        raise IncompatibleError(_two_classes_only(classifier, classes))
    return classifier.build(classes)


def takes_classes(classifier: Classifier) -> bool:
    """Whether `build` has an argument for the number of classes."""
    return bool(inspect.signature(classifier.build).parameters)


def _two_classes_only(classifier: Classifier, classes: int) -> str:
    return (
        f"{classifier.name} has networks for two classes only and the task has {classes}: "
        f"give {type(classifier).__name__}.build an argument `classes: int = 2`, the number of logits"
    )
