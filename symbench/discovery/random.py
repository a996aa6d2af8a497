"""`random`: a uniformly random subspace, or random functions of the state: the lower bound of every table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.data.samples import Sample
from symbench.discovery.base import (
    DiscoveryMethod,
    EquivarianceSample,
    FlowClaim,
    InvariantSample,
    LabelKind,
    Symmetry,
    TrajectorySample,
)
from symbench.registry import discovery_method

if TYPE_CHECKING:
    import numpy as np


@discovery_method("random")
class RandomSubspace(DiscoveryMethod):
    """Random guesses: the metrics that a method gets by chance if it knows at most the number of generators."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a random subspace, or random functions: the lower bound of every table"
    tracks: ClassVar[frozenset[Track]] = frozenset(
        {Track.FUNCTION, Track.DISTRIBUTION, Track.DYNAMICS, Track.INVARIANT}
    )
    sees_truth: ClassVar[bool] = True  # its dimension, by default
    of_labels: ClassVar[frozenset[LabelKind]] = frozenset({"numbers", "tensors"})
    of_flows: ClassVar[frozenset[FlowClaim]] = frozenset({"quantities", "generators"})

    generators: int | None = Field(
        None,
        ge=0,
        description="dimension of the subspace, or number of functions; by default that of the truth, at least 1",
    )

    def fit(self, sample: Sample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        """Draw from the seed alone; the number of generators is at most d²."""
        import numpy as np

        if isinstance(sample, InvariantSample) or (
            isinstance(sample, TrajectorySample) and sample.truth_generators is None
        ):
            return _functions(sample, self.generators, np.random.Generator(np.random.PCG64([seed, 2])))
        from symbench.algebra.subspace import random_generators

        truth = sample.truth_generators if isinstance(sample, TrajectorySample) else sample.truth
        d = sample.x.shape[2]
        known = 0 if truth is None else len(truth)
        k = min(max(1, known) if self.generators is None else self.generators, d * d)
        rng = np.random.Generator(np.random.PCG64([seed, 2]))
        generators = random_generators(k, d, rng)
        arrays = {}
        if isinstance(sample, EquivarianceSample):
            arrays["representation"] = (
                rng.standard_normal((k, sample.y.shape[1], sample.y.shape[1])) / sample.y.shape[1]
            )
        return Symmetry(generators=generators, confidence=np.full(k, 0.5), arrays=arrays)


def _functions(sample: TrajectorySample | InvariantSample, count: int | None, rng: np.random.Generator) -> Symmetry:
    """`count` random functions of the state, or of the event; by default as many as there are true ones, at least 1."""
    import numpy as np

    from symbench.metrics.discovery.chance import random_functions

    dimension = sample.x.shape[2]
    states = sample.x.reshape(-1, dimension)
    if isinstance(sample, InvariantSample):
        states = sample.x.reshape(len(sample.x), -1)
    known = 0 if sample.truth is None else sample.truth.count
    k = max(1, known) if count is None else count
    functions = random_functions(states, k, rng)
    return Symmetry(np.zeros((0, dimension, dimension)), np.full(k, 0.5), conserved=functions)
