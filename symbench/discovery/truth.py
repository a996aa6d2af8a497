"""`truth`: the true generators or conserved quantities: the upper bound of every table."""

from __future__ import annotations

from typing import ClassVar

from symbench.component import Track
from symbench.data.samples import Sample
from symbench.discovery.base import (
    DiscoveryMethod,
    EquivarianceSample,
    FlowClaim,
    FunctionSample,
    InvariantSample,
    LabelKind,
    Symmetry,
    TrajectorySample,
)
from symbench.errors import IncompatibleError
from symbench.registry import discovery_method
from symbench.tasks.base import DiscoveryTask, Task


@discovery_method("truth")
class Truth(DiscoveryMethod):
    """The generators or conserved quantities that the task knows: the metrics of a perfect answer."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "the true generators or quantities: the upper bound of every table"
    tracks: ClassVar[frozenset[Track]] = frozenset(
        {Track.FUNCTION, Track.DISTRIBUTION, Track.DYNAMICS, Track.INVARIANT}
    )
    sees_truth: ClassVar[bool] = True
    of_labels: ClassVar[frozenset[LabelKind]] = frozenset({"numbers", "tensors"})
    of_flows: ClassVar[frozenset[FlowClaim]] = frozenset({"quantities", "generators"})

    def incompatibility(self, task: Task) -> str | None:
        """As for every method; also for a task whose truth is not known."""
        reason = super().incompatibility(task)
        if reason is None and isinstance(task, DiscoveryTask) and not task.truth_is_known():
            return f"the truth of {task.name} is not known"
        return reason

    def fit(self, sample: Sample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        """The truth of the sample; raises IncompatibleError if it is not known."""
        import numpy as np

        if isinstance(sample, TrajectorySample) and sample.truth_generators is not None:
            return Symmetry(sample.truth_generators.copy(), np.ones(len(sample.truth_generators)))
        if sample.truth is None:
            raise IncompatibleError("the truth of this task is not known")
        if isinstance(sample, TrajectorySample):
            dimension = sample.x.shape[2]
            none = np.zeros((0, dimension, dimension))
            return Symmetry(none, np.ones(sample.truth.count), conserved=sample.truth)
        if isinstance(sample, InvariantSample):
            dimension = sample.x.shape[2]
            generators = sample.truth_generators
            generators = np.zeros((0, dimension, dimension)) if generators is None else generators.copy()
            confidence = np.ones(sample.truth.count)
            return Symmetry(generators, confidence, conserved=sample.truth, fields=sample.truth_fields)
        if isinstance(sample, FunctionSample) and sample.truth_fields is not None:
            k, dimension = len(sample.truth_fields(sample.x[:1])), sample.x.shape[2]
            return Symmetry(np.zeros((0, dimension, dimension)), np.ones(k), fields=sample.truth_fields)
        arrays = {}
        if isinstance(sample, EquivarianceSample) and sample.truth_representation is not None:
            arrays["representation"] = sample.truth_representation.copy()
        return Symmetry(generators=sample.truth.copy(), confidence=np.ones(len(sample.truth)), arrays=arrays)
