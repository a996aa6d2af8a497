"""The base classes of tasks: data, a question (the track) and the answer, if it is known."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from symbench.component import Component, Track
from symbench.data.domain import Domain
from symbench.data.samples import (
    ConservedQuantities,
    DistributionSample,
    EquivarianceSample,
    FunctionSample,
    InvariantSample,
    Sample,
    TrajectorySample,
    VectorFields,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from symbench.algebra.representations import MatrixGroup
    from symbench.data.container import Dataset
    from symbench.data.signature import Signature
    from symbench.data.sizes import Sizes


class DataContext:
    """The environment in which a task loads its data: a folder, and a way to run pieces of work in parallel.

    cache      the folder of generated and downloaded data
    fan_out    applies a picklable function to each argument and returns the results in order; executors replace it by
               one that uses their workers
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

    `symbench plan` calls `digest` and `sizes` of every task: both should work without loading or generating the data,
    if that is possible.
    """

    track: ClassVar[Track]

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """JSON that determines the data to the bit: the recipe, and the digest of every input file."""

    @abstractmethod
    def sizes(self) -> Sizes:
        """The numbers of training, validation and test events; raises DataError."""

    @abstractmethod
    def load(self, context: DataContext) -> Dataset:
        """Read or generate the data; the same identity gives the same bytes. Raises DataError."""

    def selection(self) -> str | None:
        """What was read and what was left out, with counts, if planning read the data; shown by `symbench plan`."""
        return None

    def to_fetch(self, data: Path) -> tuple[str, ...]:
        """What a run needs in the data folder and does not find there, with how to get it; shown by `symbench plan`."""
        return ()

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of `identity`: it identifies the data in the key of a trial."""
        text = json.dumps({"task": self.name, **self.identity()}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class DiscoveryTask(Task):
    """A task for discovery methods."""

    @abstractmethod
    def sample(self, data: Dataset, *, with_truth: bool = False) -> Sample:
        """The input of a method for these events; with_truth adds the answer, for the reference rows only."""

    @abstractmethod
    def truth_is_known(self) -> bool:
        """Whether the answer is known; called at plan time, so it must be fast."""


FOUR_MOMENTUM = ("E", "px", "py", "pz")
"""The components of a four-momentum in the order of this package."""


class GeneratorTask(DiscoveryTask):
    """A task whose answer is a span of generators.

    component_names      of a vector, for figures; empty if they have none
    vector_coordinates   the meaning of the components of a vector
    """

    component_names: ClassVar[tuple[str, ...]] = ()
    vector_coordinates: ClassVar[Literal["cartesian", "pt_eta_phi"]] = "cartesian"

    def vector_components(self) -> tuple[str, ...]:
        """The names of the components of a vector, for figures; empty if they have none."""
        return self.component_names

    @property
    def scale(self) -> float:
        """The number that divides all vectors before a method receives them; it leaves the algebra unchanged."""
        return 1.0

    @abstractmethod
    def truth(self) -> npt.NDArray[np.float64] | None:
        """The true generators (k*, d, d); k* = 0 if there is no symmetry, None if the answer is unknown."""

    def truth_name(self) -> str | None:
        """The algebra's name, as in `so(1,3)`; `none` if there is no symmetry, None if it has no name or is unknown."""
        return None

    def unbroken(self) -> npt.NDArray[np.float64] | None:
        """The algebra (k, d, d) of an exact form that a small term breaks: nearly a symmetry, and never the truth."""
        return None

    def unbroken_name(self) -> str | None:
        """The name of `unbroken`."""
        return None

    def published(self) -> npt.NDArray[np.float64] | None:
        """The answer (k, d, d) that publications state, if it is not the truth: claims are compared with both."""
        return None

    def truth_is_known(self) -> bool:
        """Whether the answer is known; a name suffices, so that the matrices need not be built."""
        return self.truth_name() is not None or self.truth() is not None

    def scaled(self, data: Dataset) -> npt.NDArray[np.float64]:
        """Vectors (N, P, d) in the unit of methods and metrics, divided by `scale`."""
        import numpy as np

        return np.asarray(data.vectors / self.scale, dtype=np.float64)


class FunctionTask(GeneratorTask):
    """Which generators L leave a label unchanged, f(e^{tL} x) = f(x)?"""

    track: ClassVar[Track] = Track.FUNCTION

    @property
    def label_kind(self) -> Literal["number", "class"]:
        return "number"

    def label_function(self) -> Callable[[torch.Tensor], torch.Tensor] | None:
        """The exact label of scaled vectors (N, P, d) → (N,), differentiable; None if it is unknown."""
        return None

    def truth_fields(self) -> VectorFields | None:
        """The true generators as vector fields, scaled x (N, P, d) → (k*, N, P, d); None if `truth` states them."""
        return None

    def label_is_known(self) -> bool:
        """Whether `label_function` returns a function; called at plan time, so it does not build it."""
        return type(self).label_function is not FunctionTask.label_function

    def sample(self, data: Dataset, *, with_truth: bool = False) -> FunctionSample:
        truth = self.truth() if with_truth else None
        fields = self.truth_fields() if with_truth else None
        return FunctionSample(
            self.scaled(data), data.label, self.label_kind, truth, truth_fields=fields, scale=self.scale
        )


class EquivarianceTask(GeneratorTask):
    """Which pairs (A, B) of matrices satisfy f(e^{tA} x) = e^{tB} f(x), for a target f of several components?

    A data set's label is the target (N, D), its features (N, P, F) scalars that no transformation changes. `truth`
    states the matrices A.
    """

    track: ClassVar[Track] = Track.FUNCTION

    @abstractmethod
    def truth_representation(self) -> npt.NDArray[np.float64] | None:
        """The B (k*, D, D) of each true A; None if they are unknown."""

    def sample(self, data: Dataset, *, with_truth: bool = False) -> EquivarianceSample:
        import numpy as np

        return EquivarianceSample(
            self.scaled(data),
            np.asarray(data.label, dtype=np.float64),
            None if data.features is None else np.asarray(data.features, dtype=np.float64),
            self.truth() if with_truth else None,
            self.truth_representation() if with_truth else None,
            self.scale,
        )


class DistributionTask(GeneratorTask):
    """Which generators L leave a density unchanged, p(e^{tL} x) = p(x)?

    companion   y in p(x, y): nothing, a class that transformations keep (the label), or vectors that are transformed
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
        return DistributionSample(self.scaled(data), y, self.truth() if with_truth else None, self.scale)


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
        """The functionally independent conserved quantities, none for a control; None if they are unknown."""

    @abstractmethod
    def conserved_names(self) -> tuple[str, ...] | None:
        """The names of the conserved quantities, in the order of `conserved`; None if they are unknown."""

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


class InvariantTask(GeneratorTask):
    """Which functions are nearly the same in every event, and would not be if partners were exchanged?

    Events have no label. `truth` is the algebra that leaves the true functions unchanged, if it acts on all vectors of
    an event alike by matrices.

    parts            what the P rows of an event are: vectors of one kind, named blocks, or the parent and the products
                     of a reaction as numbers of each species
    """

    track: ClassVar[Track] = Track.INVARIANT
    parts: ClassVar[Literal["vectors", "blocks", "reactions"]] = "vectors"

    @abstractmethod
    def invariants(self) -> ConservedQuantities | None:
        """The true functions of scaled events, flattened to (N, P d); none for a control; None if unknown."""

    @abstractmethod
    def invariant_names(self) -> tuple[str, ...] | None:
        """The names of the true functions, in the order of `invariants`; None if they are unknown."""

    def part_names(self) -> tuple[str, ...]:
        """The names of the blocks, or of the species of reactions; empty for vectors of one kind."""
        return ()

    def truth(self) -> npt.NDArray[np.float64] | None:
        return None

    def truth_fields(self) -> VectorFields | None:
        """The algebra as vector fields, scaled x (N, P, d) → (k*, N, P, d), if it is none of matrices."""
        return None

    def truth_name(self) -> str | None:
        """The algebra of the true functions if it has a name, else the names of the functions; `none` for a control."""
        names = self.invariant_names()
        return None if names is None else ", ".join(names) or "none"

    def truth_is_known(self) -> bool:
        return self.invariant_names() is not None

    def sample(self, data: Dataset, *, with_truth: bool = False) -> InvariantSample:
        return InvariantSample(
            self.scaled(data),
            self.parts,
            self.part_names(),
            self.invariants() if with_truth else None,
            self.truth() if with_truth else None,
            self.scale,
            self.truth_fields() if with_truth else None,
        )


class FlowSymmetryTask(GeneratorTask):
    """Which matrices L map trajectories of ẋ = F(x) to trajectories: DF(x) L x = L F(x)?

    An event is a trajectory of one state or more: a data set's vectors are (N, T, d) states, its features their
    velocities. Methods that find conserved quantities answer another question.

    tolerance   relative defect up to which a claim counts as true
    """

    track: ClassVar[Track] = Track.DYNAMICS
    tolerance: ClassVar[float] = 0.05

    @property
    @abstractmethod
    def dt(self) -> float:
        """Time between the states of a trajectory."""

    @abstractmethod
    def largest_defect(self, generators: npt.NDArray[np.float64], domain: Domain | None = None) -> float:
        """The exact relative defect of the worst direction in the span of generators (k, d, d); 0 without any.

        domain   where it is taken; None for the whole domain of the task
        """

    def sample(self, data: Dataset, *, with_truth: bool = False) -> TrajectorySample:
        import numpy as np

        return TrajectorySample(
            self.scaled(data),
            np.asarray(data.features, dtype=np.float64) / self.scale,
            self.dt,
            truth_generators=self.truth() if with_truth else None,
        )


class PredictionTask(Task):
    """A task for networks that learn to predict a label."""

    @abstractmethod
    def outputs(self) -> int | Signature:
        """What a network predicts: a class, by their number, or tensors; called at plan time, so it must be fast."""


class ClassificationTask(PredictionTask):
    """Which class does an event belong to, and what is the benefit of a symmetry?"""

    track: ClassVar[Track] = Track.CLASSIFICATION
    class_names: ClassVar[tuple[str, ...]] = ("background", "signal")

    def label_names(self) -> tuple[str, ...]:
        """The names of the classes, label 0 first: `class_names` unless parameters choose them."""
        return self.class_names

    def outputs(self) -> int:
        return len(self.label_names())


class RegressionTask(PredictionTask):
    """Which tensor belongs to an event, and what is the benefit of a symmetry f(gx) = ρ(g) f(x)?

    A data set's label is the target (N, D), its features (N, P, F) are the scalars of the vectors.
    """

    track: ClassVar[Track] = Track.REGRESSION

    @abstractmethod
    def outputs(self) -> Signature: ...

    def group(self) -> MatrixGroup | None:
        """The group under which the target is equivariant, with the scalars fixed; None if it is unknown."""
        return None
