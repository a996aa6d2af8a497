"""How far a classifier's output moves when its input is transformed.

The output is z, the difference of the two logits, one number a jet. Transformations are drawn independently for
every jet and applied in float64.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.algebra import lorentz
from symbench.errors import nearest
from symbench.metrics.operations import OPERATIONS

Floats = npt.NDArray[np.floating[Any]]


def draw(
    operation: str, settings: Mapping[str, float], count: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Transformations Λ (count, 4, 4) of this family; raises ValueError for an unknown one."""
    if operation == "rotation":
        return lorentz.random_rotations(count, rng)
    if operation == "beam_rotation":
        return lorentz.beam_rotations(rng.uniform(-np.pi, np.pi, count))
    if operation == "boost":
        rapidity = np.full(count, settings["rapidity"])
        return lorentz.boosts(lorentz.random_directions(count, rng), rapidity)
    if operation == "beam_boost":
        rapidity = settings["rapidity"] * rng.choice([-1.0, 1.0], count)
        return lorentz.boosts(np.tile([0.0, 0.0, 1.0], (count, 1)), rapidity)
    raise ValueError(f"unknown operation {operation!r}; {nearest(operation, OPERATIONS)}")


def operation_rng(operation: str, seed: int) -> np.random.Generator:
    """The generator that draws an operation's transformations: the same for every classifier, so that they pair."""
    return np.random.default_rng([seed, zlib.crc32(operation.encode())])


def transform(matrices: Floats, vectors: Floats) -> npt.NDArray[np.float64]:
    """Λ p for every four-vector: matrices (N, 4, 4), vectors (N, P, 4) or (P, 4), result (N, P, 4)."""
    return np.asarray(vectors @ matrices.transpose(0, 2, 1), dtype=np.float64)


def invariance_error(before: Floats, after: Floats) -> float | None:
    """√⟨(z(gx) − z(x))²⟩ / SD(z(x)); None for an output that does not vary at all."""
    spread = float(np.std(before))
    if not spread > 0:
        return None
    return float(np.sqrt(np.mean((after - before) ** 2)) / spread)


def flip_rate(before: Floats, after: Floats) -> float:
    """Share of jets whose decision, z > 0, changes."""
    return float(np.mean((before > 0) != (after > 0)))


def lie_derivative_error(gradient: Floats, vectors: Floats, generator: Floats) -> float | None:
    """E[(∇z·Lx)²] / E[‖∇z‖²‖Lx‖²], in [0, 1]; 0 where z is invariant under exp(tL).

    gradient, vectors  (N, P, 4), over all vectors that L acts on, padding zero;  generator  (4, 4)
    None where z does not depend on the vectors.
    """
    moved = vectors @ generator.T
    along = np.einsum("npi,npi->n", gradient, moved)
    scale = np.einsum("npi,npi->n", gradient, gradient) * np.einsum("npi,npi->n", moved, moved)
    total = float(np.mean(scale))
    return float(np.mean(along**2)) / total if total > 0 else None
