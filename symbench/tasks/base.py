"""What a task is: data, a question (its track) and the known answer."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from symbench.component import Component, Track
from symbench.data.samples import (
    ConservedQuantities,
    DistributionSample,
    FunctionSample,
    Sample,
    TrajectorySample,
    VectorFields,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from symbench.data.container import Dataset
    from symbench.data.sizes import Sizes


class DataContext:
    """What a task may use to make or find its data: folders, and a way to run pieces of work side by side.

    cache      a folder where made or downloaded data may be kept under their digest
    fan_out    applies a picklable function to each argument and gives the results in order; executors replace
               it by one that uses their workers
    """

    def __init__(
        self,
        cache: Path,
        fan_out: Callable[[Callable[[Any], Any], list[Any]], list[Any]] | None = None,
    ) -> None:
        self.cache = cache
        self.fan_out = fan_out or (lambda function, arguments: [function(a) for a in arguments])


class Task(Component):
    """A data set with a question.

    `digest` and `sizes` must answer without loading or making the data wherever that is possible: `symbench plan`
    asks them of every task.
    """

    track: ClassVar[Track]

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """JSON that decides the data to the bit: the recipe, and the digest of every input file."""

    @abstractmethod
    def sizes(self) -> Sizes:
        """How many events there are to train, validate and test with; raises DataError."""

    @abstractmethod
    def load(self, context: DataContext) -> Dataset:
        """Read or make the data; the same identity gives the same bytes. Raises DataError."""

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of `identity`: the part of a trial's key that stands for its data."""
        text = json.dumps({"task": self.name, **self.identity()}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class DiscoveryTask(Task):
    """A task whose question a discovery method answers."""

    @abstractmethod
    def sample(self, data: Dataset, *, with_truth: bool = False) -> Sample:
        """What a method sees of these events; the truth only where it bounds the tables."""

    @abstractmethod
    def truth_is_known(self) -> bool:
        """Whether there is an answer to judge by; asked at plan time, so it builds nothing."""


class GeneratorTask(DiscoveryTask):
    """A task whose answer is a span of generators."""

    @property
    def scale(self) -> float:
        """What vectors are divided by before a method sees them, one number so that the algebra is unchanged."""
        return 1.0

    @abstractmethod
    def truth(self) -> npt.NDArray[np.float64] | None:
        """The true generators (k*, d, d), k* = 0 where there is no symmetry, None where nobody knows."""

    def truth_name(self) -> str | None:
        """The algebra's name, as in `so(1,3)`; `none` where there is no symmetry, None where nobody knows."""
        return None

    def truth_is_known(self) -> bool:
        """By the name where there is one, which spares building the matrices."""
        return self.truth_name() is not None or self.truth() is not None

    def scaled(self, data: Dataset) -> npt.NDArray[np.float64]:
        """Vectors (N, P, d) as methods and metrics see them."""
        import numpy as np

        return np.asarray(data.vectors / self.scale, dtype=np.float64)


class FunctionTask(GeneratorTask):
    """Which generators L leave a label unchanged, f(e^{tL} x) = f(x)?"""

    track: ClassVar[Track] = Track.FUNCTION
    coordinates: ClassVar[Literal["cartesian", "pt_eta_phi"]] = "cartesian"  # what a vector's components are

    @property
    def label_kind(self) -> Literal["number", "class"]:
        return "number"

    def label_function(self) -> Callable[[torch.Tensor], torch.Tensor] | None:
        """The exact label of scaled vectors (N, P, d) → (N,), differentiable; None where it is not known."""
        return None

    def truth_fields(self) -> VectorFields | None:
        """The true generators as vector fields, scaled x (N, P, d) → (k*, N, P, d), where `truth` cannot say them."""
        return None

    def label_is_known(self) -> bool:
        """Whether `label_function` has an answer; asked at plan time, so it builds nothing."""
        return type(self).label_function is not FunctionTask.label_function

    def sample(self, data: Dataset, *, with_truth: bool = False) -> FunctionSample:
        truth = self.truth() if with_truth else None
        fields = self.truth_fields() if with_truth else None
        return FunctionSample(self.scaled(data), data.label, self.label_kind, truth, truth_fields=fields)


class DistributionTask(GeneratorTask):
    """Which generators L leave a density unchanged, p(e^{tL} x) = p(x)?

    companion   what stands beside x: nothing, a class that stays (the label), or vectors that are transformed
                with x (the features, with d columns)
    """

    track: ClassVar[Track] = Track.DISTRIBUTION
    companion: ClassVar[Literal["none", "class", "vectors"]] = "none"

    def sample(self, data: Dataset, *, with_truth: bool = False) -> DistributionSample:
        import numpy as np

        y: npt.NDArray[Any] | None = None
        if self.companion == "class":
            y = data.label
        elif self.companion == "vectors":
            y = np.asarray(data.features, dtype=np.float64) / self.scale
        return DistributionSample(self.scaled(data), y, self.truth() if with_truth else None)


class DynamicsTask(DiscoveryTask):
    """Which functions are constant along trajectories, and which maps take trajectories to trajectories?

    An event is a trajectory: a data set's vectors are (N, T, D) states, its features (N, T, D) their velocities.
    """

    track: ClassVar[Track] = Track.DYNAMICS
    canonical: ClassVar[bool] = False  # the state is (q, p)

    @property
    @abstractmethod
    def dt(self) -> float:
        """Time between the states of a trajectory."""

    @abstractmethod
    def conserved(self) -> ConservedQuantities | None:
        """The functionally independent true quantities, none of them for a control; None where nobody knows."""

    @abstractmethod
    def conserved_names(self) -> tuple[str, ...] | None:
        """What the true quantities are called, in the order of `conserved`; None where nobody knows."""

    def truth_is_known(self) -> bool:
        return self.conserved_names() is not None

    def sample(self, data: Dataset, *, with_truth: bool = False) -> TrajectorySample:
        import numpy as np

        return TrajectorySample(
            np.asarray(data.vectors, dtype=np.float64),
            np.asarray(data.features, dtype=np.float64),
            self.dt,
            self.canonical,
            self.conserved() if with_truth else None,
        )


class ClassificationTask(Task):
    """Which class does an event belong to, and what does a symmetry buy?"""

    track: ClassVar[Track] = Track.CLASSIFICATION
    class_names: ClassVar[tuple[str, ...]] = ("background", "signal")

    def label_names(self) -> tuple[str, ...]:
        """The classes by label, 0 first: `class_names` unless parameters choose them."""
        return self.class_names
