"""Conformance checks for components: what symbench's own methods pass, and what yours should.

from symbench.testing import check_discovery_method
def test_conforms():
    check_discovery_method(MyMethod())
"""

from __future__ import annotations

import numpy as np

from symbench.component import Component, Track
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry


def check_component(component: Component) -> None:
    """What tasks, methods and classifiers owe alike; raises AssertionError with what is missing."""
    cls = type(component)
    for name in ("name", "version", "summary"):
        assert isinstance(getattr(cls, name, None), str), f"{cls.__name__} lacks the class variable {name!r}"
    for field, info in cls.model_fields.items():
        assert info.description, f"{cls.__name__}.{field} has no description"
    again = cls(**component.parameters(), **component.locations())
    assert again == component, f"{cls.__name__} does not survive its own parameters"


def check_discovery_method(method: DiscoveryMethod, *, budget: float = 0.02) -> None:
    """Run a method of the function track on small samples and hold it to its contract.

    The claim has the right shapes and finite numbers, the sample is left unchanged, the same seed gives the same claim
    bit for bit, and global random generators are not touched.
    """
    check_component(method)
    assert Track.FUNCTION in method.tracks, "only methods of the function track can be checked so far"
    for dimension, vectors in ((2, 1), (4, 2)):
        sample = _sample(dimension, vectors)
        before = sample.x.copy(), sample.y.copy()
        state = np.random.get_state()[1].tobytes()  # type: ignore[index]  # noqa: NPY002
        first = method.fit(sample, seed=3, budget=budget)
        second = method.fit(sample, seed=3, budget=budget)
        assert np.random.get_state()[1].tobytes() == state, "numpy's global generator was used"  # type: ignore[index]  # noqa: NPY002
        assert np.array_equal(sample.x, before[0]), "the sample's vectors were changed"
        assert np.array_equal(sample.y, before[1]), "the sample's labels were changed"
        _check_claim(first, dimension)
        assert np.array_equal(first.generators, second.generators), "the same seed gave another claim"
        assert first.scalars == second.scalars, "the same seed gave other numbers"


def _check_claim(claim: Symmetry, dimension: int) -> None:
    k = len(claim.generators)
    assert claim.generators.shape == (k, dimension, dimension), f"generators have shape {claim.generators.shape}"
    assert claim.confidence.shape == (k,), f"{k} generators, but confidences {claim.confidence.shape}"
    assert np.isfinite(claim.generators).all(), "a generator is not finite"
    assert ((claim.confidence >= 0) & (claim.confidence <= 1)).all(), "a confidence lies outside [0, 1]"
    assert all(np.linalg.norm(generator) > 0 for generator in claim.generators), "a generator is zero"
    assert all(np.isfinite(value) for value in claim.scalars.values()), "a scalar is not finite"


def _sample(dimension: int, vectors: int) -> FunctionSample:
    """Gaussian vectors labelled by the square of their sum, invariant under rotations."""
    x = np.random.default_rng(1).normal(size=(80, vectors, dimension))
    y = np.square(x.sum(axis=1)).sum(axis=1)
    rotations = np.stack(
        [
            np.outer(np.eye(dimension)[i], np.eye(dimension)[j]) - np.outer(np.eye(dimension)[j], np.eye(dimension)[i])
            for i in range(dimension)
            for j in range(i)
        ]
    )
    return FunctionSample(x, y, "number", truth=rotations)
