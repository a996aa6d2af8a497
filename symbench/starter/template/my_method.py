"""A discovery method in one file: the symmetries of a label that is a power of a quadratic form."""

from typing import ClassVar

import numpy as np
from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry
from symbench.registry import discovery_method


@discovery_method("my-quadratic-form")
class PowerOfQuadraticForm(DiscoveryMethod):
    """Fit label^power = xᵀQx, with x the sum of an event's vectors; the symmetries L satisfy QL + LᵀQ = 0."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "symmetries of the best quadratic form"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    # Every field is a parameter that a suite can set under `params`.
    power: float = Field(2.0, gt=0, description="the power of the label that is a quadratic form")
    tolerance: float = Field(0.02, gt=0, description="largest singular value that counts as zero")
    residual: float = Field(0.05, gt=0, description="largest relative RMS residual of the fit; above it, abstain")

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        """Discover from `sample.x` (N, P, d) and `sample.y` (N,); no claim is an answer too: zero generators."""
        x = sample.x.sum(axis=1)
        events, d = x.shape
        target = np.abs(sample.y.astype(np.float64)) ** self.power
        products = np.einsum("ni,nj->nij", x, x).reshape(events, d * d)
        q, _, rank, _ = np.linalg.lstsq(products, target, rcond=None)
        error = np.sqrt(np.mean((products @ q - target) ** 2)) / np.sqrt(np.mean(target**2))
        if rank < d * (d + 1) // 2 or error > self.residual:  # too few events, or not a quadratic form
            return Symmetry(np.zeros((0, d, d)), np.zeros(0))
        form = q.reshape(d, d) + q.reshape(d, d).T
        form /= np.linalg.norm(form)
        basis = np.eye(d * d).reshape(d * d, d, d)
        changes = np.stack([(form @ each + each.T @ form).ravel() for each in basis], axis=1)
        _, values, directions = np.linalg.svd(changes)
        generators = directions[values < self.tolerance].reshape(-1, d, d)
        return Symmetry(generators, np.ones(len(generators)), spectrum=values[::-1])
