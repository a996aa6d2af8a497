"""The contract of a classifier: from constituents to logits, trained by one shared loop."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.learner import Learner
from symbench.component import Track
from symbench.errors import IncompatibleError
from symbench.tasks.base import ClassificationTask, Task

if TYPE_CHECKING:
    from torch import nn

    from symbench.data.container import Dataset
    from symbench.data.signature import Signature


KEPT: Mapping[str, tuple[str, int]] = {
    "none": ("nothing", 0),
    "beam-rotation": ("rotations about the beam", 1),
    "beam": ("and boosts along it", 2),
    "rotation": ("all rotations", 3),
    "lorentz": ("Lorentz group", 6),
}
"""Groups that a network may keep: what they are for an axis of a figure, and the dimension of the algebra."""


def _is_gev(value: object) -> bool:
    return value == "GeV"


class Classifier(Learner):
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

    momentum_unit: Literal["GeV", "sample"] = Field(
        "GeV",
        description="unit of the momenta in the network: GeV, or `sample`, the median pair mass of the training jets, "
        "which makes scores independent of the unit of the data",
        exclude_if=_is_gev,
    )

    def incompatibility(self, task: Task) -> str | None:
        """Why this classifier cannot be trained on this task, or None if it can; evaluated at plan time."""
        if task.track not in self.tracks:
            return f"{self.name} is a classifier; {task.name} is a task of the {task.track} track"
        classes = len(task.label_names()) if isinstance(task, ClassificationTask) else 2
        return None if classes == 2 or takes_classes(self) else _two_classes_only(self, classes)

    @abstractmethod
    def build(self, classes: int = 2) -> nn.Module:
        """A newly initialised network with logits (B, classes), drawn from torch's default generator.

        The training loop seeds that generator.
        """

    def keeps(self) -> str | None:
        """The largest of `KEPT` under which the output is exactly invariant; None if it is none of them, or unknown.

        References of the network, such as beams, are transformed with the jet. What a network learns does not count.
        """
        return None

    def network(self, outputs: int | Signature, train_data: Dataset) -> nn.Module:
        """The network for this number of classes, with momenta in the unit that `momentum_unit` states."""
        from symbench.classifiers.nets.standardised import Standardised, momentum_scale
        from symbench.classifiers.training.jets import Jets

        if not isinstance(outputs, int):
            raise IncompatibleError(f"{self.name} is a classifier, and the target is a tensor")
        network = build_network(self, outputs)
        if self.momentum_unit == "GeV":
            return network
        jets = Jets.of(train_data, "cpu")
        return Standardised(network, momentum_scale(jets.p, jets.mask))


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
