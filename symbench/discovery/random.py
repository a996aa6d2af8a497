"""`random`: a uniformly random subspace, or random functions of the state: the lower bound of every table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.data.samples import ConservedQuantities
from symbench.discovery.base import DiscoveryMethod, DistributionSample, FunctionSample, Symmetry, TrajectorySample
from symbench.registry import discovery_method

if TYPE_CHECKING:
    import numpy as np

_WAVES = 16


@discovery_method("random")
class RandomSubspace(DiscoveryMethod):
    """Random guesses: the metrics that a method gets by chance if it knows at most the number of generators."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a random subspace, or random functions: the lower bound of every table"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION, Track.DISTRIBUTION, Track.DYNAMICS})
    sees_truth: ClassVar[bool] = True  # its dimension, by default

    generators: int | None = Field(
        None,
        ge=0,
        description="dimension of the subspace, or number of functions; by default that of the truth, at least 1",
    )

    def fit(
        self,
        sample: FunctionSample | DistributionSample | TrajectorySample,
        *,
        seed: int,
        budget: float,
        device: str = "cpu",
    ) -> Symmetry:
        """Draw from the seed alone; the number of generators is at most d²."""
        import numpy as np

        if isinstance(sample, TrajectorySample):
            return _random_functions(sample, self.generators, np.random.Generator(np.random.PCG64([seed, 2])))
        from symbench.algebra.subspace import random_generators

        d = sample.x.shape[2]
        known = 0 if sample.truth is None else len(sample.truth)
        k = min(max(1, known) if self.generators is None else self.generators, d * d)
        rng = np.random.Generator(np.random.PCG64([seed, 2]))
        return Symmetry(generators=random_generators(k, d, rng), confidence=np.full(k, 0.5))


def _random_functions(sample: TrajectorySample, count: int | None, rng: np.random.Generator) -> Symmetry:
    """Sums of waves Σ a cos(w·z + b) over the state z in units of its spread, w of length about 1."""
    import numpy as np

    from symbench.metrics.conservation import FloatArray, frame_of

    dimension = sample.x.shape[2]
    known = 0 if sample.truth is None else sample.truth.count
    k = max(1, known) if count is None else count
    frame = frame_of(sample.x.reshape(-1, dimension))
    vectors = rng.standard_normal((frame.rank, k, _WAVES)) / np.sqrt(max(frame.rank, 1))
    phases, weights = rng.uniform(0, 2 * np.pi, (k, _WAVES)), rng.standard_normal((k, _WAVES))

    def angles(x: FloatArray) -> FloatArray:
        return np.asarray(np.einsum("mr,rkw->mkw", frame.states(x), vectors) + phases)

    def gradients(x: FloatArray) -> FloatArray:
        inside = np.einsum("mkw,rkw->mkr", -weights * np.sin(angles(x)), vectors)
        return np.asarray(inside @ frame.down.T)

    functions = ConservedQuantities(k, lambda x: np.asarray((weights * np.cos(angles(x))).sum(axis=2)), gradients)
    return Symmetry(np.zeros((0, dimension, dimension)), np.full(k, 0.5), conserved=functions)
