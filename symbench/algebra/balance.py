"""Coordinates in which the structure of an algebra is visible: a frame for matrices, a basis for structure constants.

In a hidden basis A⁻¹𝔤A, or with generators of very different lengths, no tolerance separates noise from structure. Both
functions move to the shortest vector of an orbit
(G. Kempf & L. Ness, Lecture Notes in Mathematics 732 (1979) 233): for a reductive algebra it exists and is the form in
which the algebra is closed under transposition (G. D. Mostow, Annals of Mathematics 62 (1955) 44).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.algebra.brackets import closure_residual
from symbench.algebra.subspace import orthonormal_generators

FloatArray = npt.NDArray[np.float64]

_STEPS, _LARGEST_CONDITION = 100, 100.0


def balanced(generators: FloatArray) -> tuple[FloatArray, FloatArray]:
    """An orthonormal basis (k, d, d) of A 𝔤 A⁻¹ with Σᵢ [Lᵢ, Lᵢᵀ] = 0, and the frame A (d, d).

    A = 1, and the basis keeps its coordinates, if no such frame is near (the algebra is not reductive, or A would have
    a condition number above 100) or if the frame amplifies noise (the closure residual would grow by half).
    """
    start = orthonormal_generators(generators)
    k, d, _ = start.shape
    residual = closure_residual(start)
    frame, basis = np.eye(d), start
    step = 1 / (2 * np.sqrt(k) + 2)
    for _ in range(_STEPS):
        transposed = basis.transpose(0, 2, 1)
        values, axes = np.linalg.eigh(np.sum(basis @ transposed - transposed @ basis, axis=0))
        # A residual below the noise would determine the frame of the noise.
        if np.linalg.norm(values) < max(1e-8, residual):
            break
        scales = np.exp(-step * (values - values.mean()))
        frame = (axes * scales) @ axes.T @ frame
        moved = (axes * scales) @ axes.T @ basis @ (axes / scales) @ axes.T
        basis = np.linalg.qr(moved.reshape(k, -1).T)[0].T.reshape(start.shape)
    # Both comparisons are false for a frame that has diverged.
    near = bool(np.linalg.cond(frame) < _LARGEST_CONDITION)
    if near and closure_residual(basis) <= 1.5 * residual + 1e-9:
        return basis, frame
    return start, np.eye(d)


def cartan_basis(constants: FloatArray, steps: int = 60) -> FloatArray:
    """Structure constants (k, k, k) of a semisimple algebra in a basis with tr(ad eᵢ (ad eⱼ)ᵀ) = δᵢⱼ.

    In it the Killing form is ±1 on each eigenspace (−1 on a maximal compact subalgebra, +1 on the rest) and the
    adjoint representation is closed under transposition. Each step moves the inner product G = tr(ad (ad)ᵀ) of the
    current basis half-way to the identity, along the geodesic.
    """
    k = len(constants)
    for _ in range(steps):
        rows = constants.reshape(k, -1)
        values, vectors = np.linalg.eigh(rows @ rows.T)
        if values[0] <= 0 or np.max(np.abs(values - 1)) < 1e-7:
            break
        new = vectors * values**-0.25 @ vectors.T
        old = vectors * values**0.25 @ vectors.T
        constants = (new @ rows).reshape(k, k, k)
        constants = new @ constants @ old  # c'ᵢⱼₙ = Nᵢₐ Nⱼᵦ cₐᵦₗ Oₗₙ
    return constants
