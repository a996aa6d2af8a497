"""What each symmetry operation does to jets: matrices on all four-vectors, and changes of single constituents.

Everything is float64 and leaves padding at zero. Transformations are drawn independently for every jet.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.algebra import lorentz
from symbench.algebra.subspace import orthonormal_generators
from symbench.errors import nearest
from symbench.metrics.operations import OPERATIONS

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SOFT_RADIUS = 0.4
_LARGEST_RAPIDITY = 12.0  # of a soft emission: beyond, a jet along the beam would give energies without bound


@dataclass(frozen=True)
class Moved:
    """Transformed jets.

    vectors (N, P', 4), mask (N, P'): P' is P, or P + 1 where a constituent is added
    source    (N, P') the constituent that each comes from, for its other features; −1 for what was not there before
    matrices  (N, 4, 4) what fixed reference vectors are to be transformed with; None where nothing moves as a whole
    """

    vectors: Floats
    mask: Mask
    source: npt.NDArray[np.int64]
    matrices: Floats | None


def operation_rng(operation: str, seed: int) -> np.random.Generator:
    """The generator that draws an operation's transformations: the same for every classifier, so that they pair."""
    return np.random.default_rng([seed, zlib.crc32(operation.encode())])


def move(operation: str, settings: Mapping[str, Any], vectors: Floats, mask: Mask, rng: np.random.Generator) -> Moved:
    """Transform every jet: vectors (N, P, 4), mask (N, P). Raises ValueError for an unknown operation."""
    vectors = np.where(mask[..., None], vectors, 0.0)
    change = {"permutation": _permute, "soft_emission": _emit, "collinear_split": _split}.get(operation)
    if change is not None:
        return change(settings, vectors, mask, rng)
    matrices = draw(operation, settings, len(vectors), rng)
    source = np.broadcast_to(np.arange(mask.shape[1]), mask.shape)
    return Moved(transform(matrices, vectors), mask, source, matrices)


def draw(operation: str, settings: Mapping[str, Any], count: int, rng: np.random.Generator) -> Floats:
    """Matrices (count, 4, 4) of an operation on four-vectors; strengths are drawn uniformly from the grid.

    Raises ValueError for an operation that is unknown or no matrix.
    """
    if operation == "rotation":
        return lorentz.random_rotations(count, rng)
    if operation == "beam_rotation":
        return lorentz.beam_rotations(rng.uniform(-np.pi, np.pi, count))
    if operation == "boost":
        directions = lorentz.random_directions(count, rng)
        return lorentz.boosts(directions, rng.choice(settings["rapidities"], count))
    if operation == "beam_boost":
        sign = rng.choice([-1.0, 1.0], count)
        return lorentz.boosts(np.tile([0.0, 0.0, 1.0], (count, 1)), sign * rng.choice(settings["rapidities"], count))
    if operation == "scale":
        return np.asarray(rng.choice(settings["factors"], count)[:, None, None] * np.eye(4))
    if operation == "generators":
        drawn = random_generators(np.asarray(settings["generators"], dtype=np.float64), count, rng)
        return exponentials(rng.choice(settings["ranges"], count)[:, None, None] * drawn)
    if operation in OPERATIONS:
        raise ValueError(f"{operation} changes single constituents: it is no matrix")
    raise ValueError(f"unknown operation {operation!r}; {nearest(operation, OPERATIONS)}")


def transform(matrices: Floats, vectors: Floats) -> Floats:
    """Λ p for every four-vector: matrices (N, 4, 4), vectors (N, P, 4) or (P, 4), result (N, P, 4)."""
    return np.asarray(vectors @ matrices.transpose(0, 2, 1), dtype=np.float64)


def orthonormal(generators: Floats) -> Floats:
    """A basis (k', 4, 4) of the span, with tr(LₐᵀL_b) = 2 δ_ab: the length of a rotation or of a boost by unit angle.

    How many there are is what `algebra.subspace` counts, for which a short generator is one like any other. Raises
    ValueError for generators of another shape than (k, 4, 4), and for none at all.
    """
    if generators.ndim != 3 or generators.shape[1:] != (4, 4) or not len(generators):
        raise ValueError(f"jets are moved by generators (k, 4, 4) on (E, px, py, pz), not by {generators.shape}")
    dimension = len(orthonormal_generators(generators))
    if not dimension:
        raise ValueError("all generators are zero: they move nothing")
    _, _, rows = np.linalg.svd(generators.reshape(len(generators), 16), full_matrices=False)
    return np.asarray(np.sqrt(2.0) * rows[:dimension].reshape(-1, 4, 4))


def random_generators(generators: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Directions (count, 4, 4), uniform on the sphere ‖L‖² = 2 of the span: whatever basis spans it."""
    basis = orthonormal(generators)
    weights = rng.normal(size=(count, len(basis)))
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return np.asarray(np.einsum("nk,kij->nij", weights, basis))


def exponentials(matrices: Floats) -> Floats:
    """e^A of (N, 4, 4)."""
    from scipy.linalg import expm

    return np.asarray(expm(matrices), dtype=np.float64)


def _permute(settings: Mapping[str, Any], vectors: Floats, mask: Mask, rng: np.random.Generator) -> Moved:
    """Real constituents in a random order, before the padding."""
    order = np.argsort(np.where(mask, rng.random(mask.shape), 2.0), axis=1)
    return _ordered(vectors, mask, np.broadcast_to(np.arange(mask.shape[1]), mask.shape), order)


def _emit(settings: Mapping[str, Any], vectors: Floats, mask: Mask, rng: np.random.Generator) -> Moved:
    """One soft constituent more, uniform in the disc ΔR < 0.4 about the jet axis."""
    count = len(vectors)
    jet = vectors.sum(axis=1)
    radius, angle = SOFT_RADIUS * np.sqrt(rng.random(count)), rng.uniform(-np.pi, np.pi, count)
    pt = np.hypot(jet[:, 1], jet[:, 2])
    eta = np.arcsinh(jet[:, 3] / np.maximum(pt, 1e-12)) + radius * np.cos(angle)
    phi = np.arctan2(jet[:, 2], jet[:, 1]) + radius * np.sin(angle)
    eta = np.clip(eta, -_LARGEST_RAPIDITY, _LARGEST_RAPIDITY)
    soft = rng.choice(settings["fractions"], count) * pt
    direction = np.stack([np.cosh(eta), np.cos(phi), np.sin(phi), np.sinh(eta)], axis=1)
    return _with_one_more(vectors, mask, soft[:, None] * direction, np.full(count, -1), soft > 0)


def _split(settings: Mapping[str, Any], vectors: Floats, mask: Mask, rng: np.random.Generator) -> Moved:
    """One constituent p becomes z p and (1 − z) p."""
    count = len(vectors)
    pt = np.where(mask, np.hypot(vectors[..., 1], vectors[..., 2]), 0.0)
    edges = np.cumsum(pt, axis=1)
    chosen = (edges <= rng.random(count)[:, None] * edges[:, -1:]).sum(axis=1)
    splits = edges[:, -1] > 0
    chosen = np.where(splits, np.minimum(chosen, mask.shape[1] - 1), 0)
    rows = np.arange(count)
    part = np.where(splits, rng.choice(settings["fractions"], count), 0.0)[:, None] * vectors[rows, chosen]
    vectors = vectors.copy()
    vectors[rows, chosen] -= part
    return _with_one_more(vectors, mask, part, chosen, splits)


def _with_one_more(
    vectors: Floats, mask: Mask, added: Floats, source: npt.NDArray[np.int64], real: npt.NDArray[np.bool_]
) -> Moved:
    """A constituent more for each jet where `real`, in falling order of transverse momentum as jets come."""
    vectors = np.concatenate([vectors, np.where(real[:, None], added, 0.0)[:, None]], axis=1)
    sources = np.broadcast_to(np.arange(mask.shape[1]), mask.shape)
    sources = np.concatenate([sources, source[:, None]], axis=1)
    mask = np.concatenate([mask, real[:, None]], axis=1)
    pt = np.hypot(vectors[..., 1], vectors[..., 2])
    return _ordered(vectors, mask, sources, np.argsort(np.where(mask, -pt, np.inf), axis=1, kind="stable"))


def _ordered(vectors: Floats, mask: Mask, source: npt.NDArray[np.int64], order: npt.NDArray[np.int64]) -> Moved:
    return Moved(
        np.take_along_axis(vectors, order[..., None], axis=1),
        np.take_along_axis(mask, order, axis=1),
        np.take_along_axis(source, order, axis=1),
        None,
    )
