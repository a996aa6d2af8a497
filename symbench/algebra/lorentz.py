"""The Lorentz group on four-vectors (E, px, py, pz): generators, rotations, boosts.

Matrices act on columns, p' = Λ p. Everything is float64 numpy and vectorised over the first axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]


def rotation_generators() -> npt.NDArray[np.float64]:
    """Generators (3, 4, 4) of rotations about x, y and z: exp(θ J_a) turns counter-clockwise by θ."""
    generators = np.zeros((3, 4, 4))
    for axis in range(3):
        first, second = 1 + (axis + 1) % 3, 1 + (axis + 2) % 3
        generators[axis, first, second], generators[axis, second, first] = -1.0, 1.0
    return generators


def boost_generators() -> npt.NDArray[np.float64]:
    """Generators (3, 4, 4) of boosts along x, y and z: exp(y K_a) raises the rapidity along the axis by y."""
    generators = np.zeros((3, 4, 4))
    for axis in range(3):
        generators[axis, 0, 1 + axis] = generators[axis, 1 + axis, 0] = 1.0
    return generators


def boosts(direction: Floats, rapidity: Floats) -> npt.NDArray[np.float64]:
    """Pure boosts exp(y n·K), (N, 4, 4).

    direction  (N, 3) unit vectors n;  rapidity  (N,) y
    exp(y n·K) = 1 + sinh y (n·K) + (cosh y − 1)(n·K)², with cosh y − 1 = 2 sinh²(y/2) so that small boosts keep
    their digits.
    """
    k = np.einsum("na,aij->nij", direction, boost_generators())
    y = np.asarray(rapidity)[:, None, None]
    return np.asarray(np.eye(4) + np.sinh(y) * k + 2 * np.sinh(y / 2) ** 2 * (k @ k), dtype=np.float64)


def beam_rotations(angle: Floats) -> npt.NDArray[np.float64]:
    """Rotations about z by angles (N,) in radians, (N, 4, 4)."""
    matrices = np.tile(np.eye(4), (len(angle), 1, 1))
    matrices[:, 1, 1] = matrices[:, 2, 2] = np.cos(angle)
    matrices[:, 2, 1] = np.sin(angle)
    matrices[:, 1, 2] = -matrices[:, 2, 1]
    return matrices


def random_rotations(count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Rotations drawn from the Haar measure of SO(3), (count, 4, 4).

    From unit quaternions, uniform on the three-sphere (Shoemake 1992).
    """
    q = rng.normal(size=(count, 4))
    w, v = np.split(q / np.linalg.norm(q, axis=1, keepdims=True), [1], axis=1)
    cross = np.einsum("na,aij->nij", v, rotation_generators()[:, 1:, 1:])
    # R = 1 + 2 w [v]× + 2 [v]×²
    matrices = np.tile(np.eye(4), (count, 1, 1))
    matrices[:, 1:, 1:] += 2 * w[..., None] * cross + 2 * cross @ cross
    return matrices


def random_directions(count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Unit vectors (count, 3), uniform on the sphere."""
    n = rng.normal(size=(count, 3))
    return np.asarray(n / np.linalg.norm(n, axis=1, keepdims=True), dtype=np.float64)
