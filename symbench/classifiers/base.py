"""The contract of a classifier: from constituents to logits, trained by one shared loop."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from symbench.component import Component, Track
from symbench.tasks.base import Task
from symbench.trial.result import Outcome
from symbench.tuning.space import Dimension, Space

if TYPE_CHECKING:
    import torch
    from torch import nn

    from symbench.classifiers.training.jets import Jets


SEARCH_FACTOR = 5.0  # a search tries learning rates from a fifth to five times the recipe's


def _is_auto(value: object) -> bool:
    return value == "auto"


def _on_or_off(value: object) -> object:
    """YAML reads on and off as true and false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


class Classifier(Component):
    """A jet classifier; its fields are the architecture and the training recipe.

    The module that `build` gives is called as `module(four_momenta (B, P, 4), mask (B, P), features (B, P, F) |
    None)` with float64 GeV and (E, px, py, pz), and returns logits (B, C). Padding never influences the output. A
    module that holds fixed reference vectors, such as the beams, keeps them in a buffer `spurions` (S, 4) and takes
    others by the keyword `spurions` (B or 1, S, 4), so that they can be transformed with the jet. It may say by the
    attributes `autocast` that it trains as well with matrix products in bfloat16 (`precision`), and `fixed_shapes` that
    its tensors have the same shapes in all batches of one size (`compilation`).
    """

    tracks: ClassVar[frozenset[Track]] = frozenset({Track.CLASSIFICATION})

    epochs: int = Field(20, ge=1, description="passes over the training jets at budget 1")
    batch_size: int = Field(64, ge=1, description="jets in a training step")
    learning_rate: float = Field(1e-3, gt=0, description="peak learning rate of AdamW")
    weight_decay: float = Field(0.01, ge=0, description="decoupled weight decay of AdamW")
    min_steps: int = Field(0, ge=0, description="run more epochs where there are too few jets for as many steps")
    clip_norm: float = Field(1.0, gt=0, description="largest norm of the gradient of one step")
    patience: int | None = Field(
        None,
        ge=0,
        description="stop after as many epochs without a lower validation loss, 0: never; "
        "by default after a third of the planned epochs, but not less than 10",
    )

    # Not in a trial's identity while they are `auto`: what a machine chose is no part of what was asked for.
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="of matrix products in training; by default bfloat16 on GPUs that have it, where networks take it",
        exclude_if=_is_auto,
    )
    compile: Annotated[Literal["auto", "on", "off"], BeforeValidator(_on_or_off)] = Field(
        "auto",
        description="compile the training step; by default on a GPU, in trainings long enough to repay it",
        exclude_if=_is_auto,
    )

    def incompatibility(self, task: Task) -> str | None:
        """Why this classifier cannot be trained on this task, or None when it can; asked at plan time."""
        if task.track in self.tracks:
            return None
        return f"{self.name} is a classifier, {task.name} asks a {task.track} question"

    def search_space(self) -> Space:
        """What a search varies unless the suite says it: the recipe, around what is published or chosen here.

        Neither what the network is nor how long it trains. A classifier with more to search overrides this.
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
    def build(self) -> nn.Module:
        """A freshly initialised network; draws from torch's default generator, which the loop seeds."""

    def augment(self, batch: Jets, generator: torch.Generator) -> Jets:
        """The jets to train on in place of a global batch; the same number, in the same order, labels unchanged.

        generator   on the CPU, seeded by the trial's seed and the training step: draw from nothing else, and a
                    training that is interrupted, or shared by several processes, stays what it was
        """
        return batch

    def diagnostics(self) -> Outcome:
        """What is worth recording of the choices that the parameters imply, such as a metric of given generators."""
        return Outcome({})
