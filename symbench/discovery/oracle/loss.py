"""The loss of `oracle` in the limit ε → 0, a polynomial of the matrices, and its minimum by L-BFGS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

FloatArray = npt.NDArray[np.float64]

_SMOOTHING = 1e-6  # |w| ≈ √(w² + this): L-BFGS needs a derivative at 0
_MEMORY = 30  # correction pairs of L-BFGS
_LOWEST = 1e-3  # above the smallest loss that any matrices can have: other starts cannot improve it further


@dataclass(frozen=True)
class Terms:
    """The parts of the loss at its minimum: invariance of the label, norms and orthogonality, closure, sparsity."""

    invariance: float
    frame: float
    closure: float
    sparsity: float

    @property
    def algebra(self) -> float:
        """The terms that do not depend on the label: zero for an orthogonal basis of an algebra."""
        return self.frame + self.closure

    @property
    def total(self) -> float:
        """The whole loss."""
        return self.invariance + self.algebra + self.sparsity


@dataclass(frozen=True)
class Minimum:
    """Matrices (k, d, d), structure constants (k, k, k) with [Wᵢ, Wⱼ] ≈ Σ aᵢⱼₖWₖ, the loss, and the number of steps."""

    generators: FloatArray
    structure_constants: FloatArray
    terms: Terms
    steps: int


def smallest(
    form: FloatArray,
    k: int,
    d: int,
    *,
    sparsity: float = 0.0,
    steps: int = 500,
    starts: int = 3,
    seed: int = 0,
    closure_power: Literal[1, 2] = 1,
    image: FloatArray | None = None,
    near_null_space: bool = False,
) -> Minimum:
    """The lowest minimum that is reached from random starts, for k matrices in d dimensions.

    form              (d², d²) the matrix A of mean[(∇φ·Wx)²] = vec(W)ᵀ A vec(W), vec row by row
    closure_power     1, or 2 for Σ tr(CᵢⱼCᵢⱼᵀ)²; both have their minimum at the same structure constants
    image             (d, r) orthonormal columns that span the images of the matrices; all of the space by default
    near_null_space   whether to begin with a start at the k directions of smallest change. If they close, no other
                      matrices have a lower loss, and the random starts are omitted.
    """
    into = np.eye(d) if image is None else image
    r = into.shape[1]
    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    minima = []
    if near_null_space:
        lift = np.kron(into, np.eye(d))
        values, vectors = np.linalg.eigh(lift.T @ form @ lift)
        start = np.sqrt(2) * vectors[:, :k].T.reshape(k, r, d)
        minima.append(_descend(form, into, start, sparsity, steps, closure_power))
        smallest_values = np.clip(values[:k], 0, 4)
        least = float(np.sum(smallest_values * (2 - smallest_values / 4)))  # min of λn + (n − 2)² over n = tr WWᵀ
        if minima[0].terms.total < least + _LOWEST:
            return minima[0]
    for _ in range(starts):
        start = rng.standard_normal((k, r, d)) / np.sqrt(d)
        minima.append(_descend(form, into, start, sparsity, steps, closure_power))
    best = min(minima, key=lambda minimum: minimum.terms.total)
    return Minimum(best.generators, best.structure_constants, best.terms, sum(m.steps for m in minima))


def structure_constants(w: FloatArray) -> FloatArray:
    """The a (k, k, k) that minimise ‖[Wᵢ, Wⱼ] − Σ aᵢⱼₖWₖ‖ for matrices (k, d, d)."""
    k = len(w)
    flat = w.reshape(k, -1)
    gram = flat @ flat.T
    gram[np.diag_indices(k)] += 1e-12 * np.trace(gram) / k
    projected = _commutators(w).reshape(k * k, -1) @ flat.T
    return np.asarray(np.linalg.solve(gram, projected.T).T.reshape(k, k, k))


def _descend(
    form: FloatArray,
    into: FloatArray,
    start: FloatArray,
    sparsity: float,
    steps: int,
    closure_power: Literal[1, 2],
) -> Minimum:
    """The minimum from `start` (k, r, d) among matrices into @ w, `into` (d, r)."""
    shape = start.shape

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        terms, gradient = evaluate_loss(into @ flat.reshape(shape), form, sparsity, closure_power=closure_power)
        return terms.total, (into.T @ gradient).ravel()

    result = minimize(
        loss,
        start.ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxfun": 2 * steps, "maxcor": _MEMORY, "ftol": 1e-12, "gtol": 1e-7},
    )
    w = np.asarray(into @ result.x.reshape(shape))
    terms = evaluate_loss(w, form, sparsity, closure_power=closure_power)[0]
    return Minimum(w, structure_constants(w), terms, int(result.nit))


def evaluate_loss(
    w: FloatArray,
    form: FloatArray,
    sparsity: float,
    structure: FloatArray | None = None,
    closure_power: Literal[1, 2] = 1,
) -> tuple[Terms, FloatArray]:
    """The terms of the loss at W (k, d, d), and its derivative (k, d, d).

    structure   a; by default the a with the smallest loss. The derivative with respect to a vanishes there, so that a
                is constant in the derivative with respect to W.
    """
    k = len(w)
    flat = w.reshape(k, -1)
    pushed = flat @ form
    gram = flat @ flat.T
    excess = np.diag(gram) - 2
    across = gram - np.diag(np.diag(gram))
    a = structure_constants(w) if structure is None else structure
    outside = _commutators(w) - (a.reshape(k * k, k) @ flat).reshape(k, k, *w.shape[1:])
    squares = np.sum(outside**2, axis=(2, 3))  # tr(CᵢⱼCᵢⱼᵀ)
    if closure_power == 2:
        outside = 2 * squares[:, :, None, None] * outside  # the derivative with respect to C, as it is for power 1
        squares = squares**2
    magnitude = np.sqrt(flat**2 + _SMOOTHING)
    sums = magnitude.sum(axis=1, keepdims=True)
    terms = Terms(
        invariance=float(np.sum(pushed * flat)),
        frame=float(np.sum(excess**2) + np.sum(across**2) / 2),
        closure=float(np.sum(squares) / 2),  # every pair is counted twice
        sparsity=sparsity * float(np.sum(sums**2) - np.sum(magnitude**2)) / 2,
    )
    transposed = w.transpose(0, 2, 1)
    turned = 2 * (outside @ transposed - transposed @ outside).sum(axis=1)
    gradient = (
        2 * pushed
        + (2 * across + np.diag(4 * excess)) @ flat
        + turned.reshape(k, -1)
        - a.reshape(k * k, k).T @ outside.reshape(k * k, -1)
        + sparsity * (sums - magnitude) * flat / magnitude
    )
    return terms, np.asarray(gradient.reshape(w.shape))


def _commutators(w: FloatArray) -> FloatArray:
    """[Wᵢ, Wⱼ] as (k, k, d, d)."""
    product = w[:, None] @ w[None]
    return np.asarray(product - product.swapaxes(0, 1))
