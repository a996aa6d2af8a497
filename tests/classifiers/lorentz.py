"""Finite elements of the Lorentz group for tests: any rotation times any boost up to a rapidity of about 1.5."""

from __future__ import annotations

import numpy as np
import torch
from scipy.linalg import expm

from symbench.algebra.lorentz import boost_generators, rotation_generators


def elements(count: int, seed: int = 0) -> torch.Tensor:
    """(count, 4, 4) float64; checked to preserve the metric."""
    rng = np.random.default_rng(seed)
    rotations = np.einsum("nk,kij->nij", rng.uniform(-2, 2, (count, 3)), rotation_generators())
    boosts = np.einsum("nk,kij->nij", rng.uniform(-0.9, 0.9, (count, 3)), boost_generators())
    found = np.stack([expm(r) @ expm(b) for r, b in zip(rotations, boosts, strict=True)])
    eta = np.diag([1.0, -1, -1, -1])
    np.testing.assert_allclose(found.transpose(0, 2, 1) @ eta @ found, np.broadcast_to(eta, found.shape), atol=1e-12)
    return torch.tensor(found)
