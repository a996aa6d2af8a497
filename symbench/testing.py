"""Conformance checks for components: what symbench's own methods pass, and what yours should.

from symbench.testing import check_discovery_method
def test_conforms():
    check_discovery_method(MyMethod())
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.component import Component, Track
from symbench.discovery.base import DiscoveryMethod, DistributionSample, FunctionSample, Symmetry


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
    """Run a method on small samples of its tracks, function and distribution, and hold it to its contract.

    The claim has the right shapes and finite numbers, the sample is left unchanged, the same seed gives the same claim
    bit for bit, and global random generators are not touched.
    """
    check_component(method)
    samples: list[FunctionSample | DistributionSample] = []
    if Track.FUNCTION in method.tracks:
        samples += [_function_sample(2, 1), _function_sample(4, 2)]
    if Track.DISTRIBUTION in method.tracks:
        samples += _distribution_samples()
    assert samples, "only methods of the function and the distribution track can be checked so far"
    for sample in samples:
        before = sample.x.copy(), np.array(sample.y)
        state = np.random.get_state()[1].tobytes()  # type: ignore[index]  # noqa: NPY002
        first = method.fit(sample, seed=3, budget=budget)
        second = method.fit(sample, seed=3, budget=budget)
        assert np.random.get_state()[1].tobytes() == state, "numpy's global generator was used"  # type: ignore[index]  # noqa: NPY002
        assert np.array_equal(sample.x, before[0]), "the sample's vectors were changed"
        assert np.array_equal(np.array(sample.y), before[1]), "the sample's labels or companions were changed"
        _check_claim(first, sample.x)
        assert np.array_equal(first.generators, second.generators), "the same seed gave another claim"
        assert first.scalars == second.scalars, "the same seed gave other numbers"
        if first.fields is not None and second.fields is not None:
            assert np.array_equal(first.fields(sample.x), second.fields(sample.x)), "the same seed gave other fields"


def _check_claim(claim: Symmetry, x: npt.NDArray[np.float64]) -> None:
    n, vectors, dimension = x.shape
    k = len(claim.generators)
    assert claim.generators.shape == (k, dimension, dimension), f"generators have shape {claim.generators.shape}"
    if claim.fields is not None:
        assert k == 0, "fields are claimed, and generators beside them"
        values = claim.fields(x)
        k = len(values)
        assert values.shape == (k, n, vectors, dimension), f"fields have shape {values.shape}"
        assert np.isfinite(values).all(), "a field is not finite"
    assert claim.confidence.shape == (k,), f"{k} symmetries, but confidences {claim.confidence.shape}"
    assert np.isfinite(claim.generators).all(), "a generator is not finite"
    assert ((claim.confidence >= 0) & (claim.confidence <= 1)).all(), "a confidence lies outside [0, 1]"
    assert all(np.linalg.norm(generator) > 0 for generator in claim.generators), "a generator is zero"
    assert all(np.isfinite(value) for value in claim.scalars.values()), "a scalar is not finite"


def _function_sample(dimension: int, vectors: int) -> FunctionSample:
    """Gaussian vectors labelled by the square of their sum, invariant under rotations."""
    x = np.random.default_rng(1).normal(size=(80, vectors, dimension))
    y = np.square(x.sum(axis=1)).sum(axis=1)
    return FunctionSample(x, y, "number", truth=_rotations(dimension))


def _distribution_samples() -> list[DistributionSample]:
    """Gaussian vectors, whose density is invariant under rotations: alone, with a class, and with companions."""
    rng = np.random.default_rng(2)
    x, truth = rng.normal(size=(80, 2, 4)), _rotations(4)
    return [
        DistributionSample(x, None, truth),
        DistributionSample(x, (np.square(x).sum(axis=(1, 2)) > 8).astype(np.int64), truth),
        DistributionSample(x, x[:, :1] + rng.normal(size=(80, 1, 4)), truth),
    ]


def _rotations(dimension: int) -> npt.NDArray[np.float64]:
    """so(dimension) in its standard basis (k, d, d)."""
    unit = np.eye(dimension)
    pairs = [(i, j) for i in range(dimension) for j in range(i)]
    return np.stack([np.outer(unit[i], unit[j]) - np.outer(unit[j], unit[i]) for i, j in pairs])
