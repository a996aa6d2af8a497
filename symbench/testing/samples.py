"""Small samples of each discovery track, with the symmetry that they have by construction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from symbench.component import Track
from symbench.data.event_functions import linear_functions, pair_forms
from symbench.data.samples import (
    ConservedQuantities,
    DistributionSample,
    EquivarianceSample,
    FunctionSample,
    InvariantSample,
    Sample,
    TrajectorySample,
    no_quantities,
)
from symbench.discovery.base import DiscoveryMethod

FloatArray = npt.NDArray[np.float64]


def samples_for(method: DiscoveryMethod) -> list[Sample]:
    """Samples of all tracks of the method; the truth and the label's formula only if the method declares them."""
    found: list[Sample] = []
    if Track.FUNCTION in method.tracks and "tensors" in method.of_labels:
        found.append(_equivariance_sample())
    if Track.FUNCTION in method.tracks and "numbers" in method.of_labels:
        found += [_function_sample(2, 1), _function_sample(4, 2)]
        found += [_metric_sample()] if method.sees_label else []
    if Track.DISTRIBUTION in method.tracks:
        found += _distribution_samples()
    if Track.DYNAMICS in method.tracks:
        found += [oscillators(canonical=True), oscillators(canonical=False)]
    if Track.INVARIANT in method.tracks:
        found += [shared_length(), balanced_blocks(), reactions()]
        found += [shared_mass()] if method.vector_coordinates == "pt_eta_phi" else []
    if not method.sees_truth:
        found = [replace(sample, truth=None) for sample in found]
        found = [replace(s, truth_representation=None) if isinstance(s, EquivarianceSample) else s for s in found]
    if not method.sees_label:
        found = [replace(s, label_function=None) if isinstance(s, FunctionSample) else s for s in found]
    return found


def _function_sample(dimension: int, vectors: int) -> FunctionSample:
    """Gaussian vectors labelled by the square of their sum, invariant under rotations."""
    x = np.random.default_rng(1).normal(size=(80, vectors, dimension))
    y = np.square(x.sum(axis=1)).sum(axis=1)
    return FunctionSample(
        x, y, "number", truth=_rotations(dimension), label_function=lambda v: v.sum(dim=1).square().sum(dim=1)
    )


def _equivariance_sample() -> EquivarianceSample:
    """Pairs of Gaussian vectors in the plane with their sum times its square, a vector under rotations."""
    x = np.random.default_rng(5).normal(size=(80, 2, 2))
    total = x.sum(axis=1)
    truth = _rotations(2)
    return EquivarianceSample(
        x, total * np.square(total).sum(axis=1, keepdims=True), truth=truth, truth_representation=truth
    )


def _metric_sample() -> FunctionSample:
    """Points (r, φ) of the plane and displacements v, labelled by their squared length v_r² + r² v_φ²."""
    rng = np.random.default_rng(4)
    x = np.stack([rng.uniform(1, 2, (80, 2)), rng.normal(size=(80, 2))], axis=1)
    y = x[:, 1, 0] ** 2 + (x[:, 0, 0] * x[:, 1, 1]) ** 2
    return FunctionSample(
        x,
        y,
        "number",
        truth=np.zeros((0, 2, 2)),
        label_function=lambda z: z[:, 1, 0].square() + (z[:, 0, 0] * z[:, 1, 1]).square(),
    )


def _distribution_samples() -> list[Sample]:
    """Gaussian vectors, whose density is invariant under rotations: alone, with a class, and with companions."""
    rng = np.random.default_rng(2)
    x, truth = rng.normal(size=(80, 2, 4)), _rotations(4)
    return [
        DistributionSample(x, None, truth),
        DistributionSample(x, (np.square(x).sum(axis=(1, 2)) > 8).astype(np.int64), truth),
        DistributionSample(x, x[:, :1] + rng.normal(size=(80, 1, 4)), truth),
        DistributionSample(x, x + rng.normal(size=(80, 2, 4)), truth),
    ]


def oscillators(*, canonical: bool) -> TrajectorySample:
    """30 orbits of two uncoupled oscillators q̈₁ = −q₁, q̈₂ = −2q₂; states (q₁, q₂, p₁, p₂), both energies conserved.

    If not canonical, the coordinates are mixed by a fixed matrix, so that they are no (q, p).
    """
    rng = np.random.default_rng(3)
    squares = np.array([1.0, 2.0])
    frequency = np.sqrt(squares)
    amplitude, phase = rng.uniform(0.5, 1.5, (30, 1, 2)), rng.uniform(-np.pi, np.pi, (30, 1, 2))
    angle = frequency * 0.1 * np.arange(40)[:, None] + phase
    q, p = amplitude * np.cos(angle), -amplitude * frequency * np.sin(angle)
    x, velocity = np.concatenate([q, p], axis=2), np.concatenate([p, -squares * q], axis=2)
    mixing = np.eye(4) if canonical else np.eye(4) + 0.2 * rng.normal(size=(4, 4))
    inverse = np.linalg.inv(mixing)

    def values(states: FloatArray) -> FloatArray:
        original = states @ inverse
        return np.asarray((original[:, 2:] ** 2 + squares * original[:, :2] ** 2) / 2)

    def gradients(states: FloatArray) -> FloatArray:
        original = states @ inverse
        along = np.zeros((len(states), 2, 4))
        for k in range(2):
            along[:, k, k], along[:, k, 2 + k] = squares[k] * original[:, k], original[:, 2 + k]
        return np.asarray(along @ inverse.T)

    return TrajectorySample(x @ mixing, velocity @ mixing, 0.1, canonical, ConservedQuantities(2, values, gradients))


def shared_mass() -> InvariantSample:
    """Pairs of massless particles (pT, η, φ) with pT₁ pT₂ (cosh Δη − cos Δφ) near 1."""
    rng = np.random.default_rng(10)
    eta, phi = rng.normal(size=(120, 2)), rng.uniform(-np.pi, np.pi, size=(120, 2))
    phi[:, 1] = phi[:, 0] + rng.uniform(1.0, 5.0, size=120)
    shape = np.cosh(eta[:, 0] - eta[:, 1]) - np.cos(phi[:, 0] - phi[:, 1])
    first = rng.uniform(0.5, 2.0, size=120)
    pt = np.stack([first, rng.uniform(0.95, 1.05, size=120) / (first * shape)], axis=1)
    return InvariantSample(np.stack([pt, eta, phi], axis=2), truth=no_quantities(6))


def shared_length() -> InvariantSample:
    """Pairs of vectors of R² with u·v near 1, for which rotations of both leave u·v unchanged."""
    rng = np.random.default_rng(4)
    u, noise = rng.normal(size=(200, 2)), rng.normal(size=(200, 2))
    square = np.square(u).sum(axis=1, keepdims=True)
    along = u * (1 + 0.02 * noise[:, :1]) / square
    v = along + noise[:, 1:] * np.stack([-u[:, 1], u[:, 0]], axis=1)
    return InvariantSample(
        np.stack([u, v], axis=1), truth=pair_forms(np.eye(2)[None], 2), truth_generators=_rotations(2)
    )


def balanced_blocks() -> InvariantSample:
    """Two blocks of R² that sum up to nearly 0 in their first component only."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 2, 2))
    x[:, 1, 0] = 0.02 * x[:, 1, 0] - x[:, 0, 0]
    return InvariantSample(x, "blocks", ("one", "other"), truth=linear_functions(np.array([[1.0, 0.0, 1.0, 0.0]])))


def reactions() -> InvariantSample:
    """a → b + c, b → d + d and their antiparticles: one charge, 3 of a, 2 of b, 1 of c and of d, and no other."""
    table = np.zeros((4, 2, 4))
    for row, (parent, products) in enumerate([(0, {1: 1, 2: 1}), (1, {3: 2}), (0, {3: 3}), (1, {2: 1, 3: 1})]):
        table[row, 0, parent] = 1
        for species, number in products.items():
            table[row, 1, species] = number
    rng = np.random.default_rng(6)
    x = table[rng.integers(4, size=200)] * rng.choice([-1.0, 1.0], size=(200, 1, 1))
    charges = np.array([[-3.0, -2.0, -1.0, -1.0, 3.0, 2.0, 1.0, 1.0]])
    return InvariantSample(x, "reactions", ("a", "b", "c", "d"), truth=linear_functions(charges))


def _rotations(dimension: int) -> FloatArray:
    """so(dimension) in its standard basis (k, d, d)."""
    unit = np.eye(dimension)
    pairs = [(i, j) for i in range(dimension) for j in range(i)]
    return np.stack([np.outer(unit[i], unit[j]) - np.outer(unit[j], unit[i]) for i, j in pairs])
