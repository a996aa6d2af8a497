"""`random`: a uniformly random subspace, the lower end of every table."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry
from symbench.registry import discovery_method


@discovery_method("random")
class RandomSubspace(DiscoveryMethod):
    """Guesses: what the metrics give by chance to a method that knows nothing but, maybe, the count."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a random subspace: the lower bound of every table"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})
    sees_truth: ClassVar[bool] = True  # its dimension, by default

    generators: int | None = Field(
        None, ge=0, description="dimension of the subspace; by default that of the truth, at least 1"
    )

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        """Draw from the seed alone; more generators than there are matrices become all of them."""
        import numpy as np

        from symbench.algebra.subspace import random_generators

        d = sample.x.shape[2]
        known = 0 if sample.truth is None else len(sample.truth)
        k = min(max(1, known) if self.generators is None else self.generators, d * d)
        rng = np.random.Generator(np.random.PCG64([seed, 2]))
        return Symmetry(generators=random_generators(k, d, rng), confidence=np.full(k, 0.5))
