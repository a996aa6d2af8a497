"""A found algebra in a basis that can be read.

A method returns some basis of its span, usually a mixture. Where the true algebra is known, each of its canonical
generators B is projected onto the found span, P(B) = Σᵢ ⟨B, Qᵢ⟩ Qᵢ with Q orthonormal in ⟨L, M⟩ = tr(L Mᵀ): what
is drawn is the part of B that was found, and ‖P(B)‖/‖B‖ says how much. Where it is not known, the span's basis is
rotated by varimax (H. F. Kaiser, Psychometrika 23 (1958) 187), which concentrates it on few matrix entries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_AXES = ("E", "px", "py", "pz")


@dataclass(frozen=True)
class ReadableBasis:
    """Matrices to look at: (m, d, d) with a title each; share is ‖P(B)‖/‖B‖, None for a rotated basis."""

    matrices: FloatArray
    titles: tuple[str, ...]
    shares: tuple[float, ...] | None


def readable_basis(found: FloatArray, canonical: FloatArray | None, *, four_momenta: bool) -> ReadableBasis | None:
    """The found generators (k, d, d) in readable form; None for k = 0.

    canonical       (k*, d, d) generators of the known algebra, None or empty where there is none
    four_momenta    name the axes E, px, py, pz
    """
    span = orthonormal(found)
    if len(span) == 0:
        return None
    if canonical is None or len(canonical) == 0 or canonical.shape[1:] != found.shape[1:]:
        rotated = _signed(varimax(span))
        return ReadableBasis(rotated, tuple(f"L{i + 1}" for i in range(len(rotated))), None)
    flat = canonical.reshape(len(canonical), -1)
    projected = flat @ span.T @ span
    norms = np.linalg.norm(flat, axis=1)
    shares = np.linalg.norm(projected, axis=1) / norms
    matrices = (projected / norms[:, None]).reshape(canonical.shape)
    names = tuple(name_of(matrix, four_momenta) for matrix in canonical)
    return ReadableBasis(matrices, names, tuple(float(s) for s in shares))


def orthonormal(generators: FloatArray) -> FloatArray:
    """Rows (r, d²) that span the generators, orthonormal; directions below 1e-8 of the largest are dropped."""
    if generators.size == 0:
        return np.zeros((0, int(np.prod(generators.shape[1:]))))
    _, values, rows = np.linalg.svd(generators.reshape(len(generators), -1), full_matrices=False)
    return np.asarray(rows[values > 1e-8 * values[0]] if values[0] > 0 else rows[:0])


def varimax(rows: FloatArray, *, sweeps: int = 200, tolerance: float = 1e-10) -> FloatArray:
    """Rotate orthonormal rows (k, n) so that the variance of their squared entries is greatest: (k, d, d)."""
    k, n = rows.shape
    rotation = np.eye(k)
    before = 0.0
    for _ in range(sweeps):
        turned = rows.T @ rotation  # (n, k)
        target = turned**3 - turned * (turned**2).sum(axis=0) / n
        u, s, v = np.linalg.svd(rows @ target)
        rotation = u @ v
        if s.sum() < before * (1 + tolerance):
            break
        before = float(s.sum())
    d = round(np.sqrt(n))
    return np.asarray((rotation.T @ rows).reshape(k, d, d))


def name_of(matrix: FloatArray, four_momenta: bool) -> str:
    """`boost px`, `rotation px py`, `dilation`, or the entries that are not zero."""
    d = len(matrix)
    axes = _AXES if four_momenta and d == 4 else tuple(f"x{i + 1}" for i in range(d))
    at = [(int(i), int(j)) for i, j in np.argwhere(np.abs(matrix) > 1e-12)]
    if np.allclose(matrix, matrix[0, 0] * np.eye(d)):
        return "dilation"
    if len(at) == 2 and at[0] == at[1][::-1]:
        (i, j), _ = at
        if np.isclose(matrix[i, j], -matrix[j, i]):
            return f"rotation {axes[i]} {axes[j]}"
        if np.isclose(matrix[i, j], matrix[j, i]):
            return f"boost {axes[j]}" if axes[0] == "E" and i == 0 else f"boost {axes[i]} {axes[j]}"
    return " + ".join(f"{axes[i]}←{axes[j]}" for i, j in at[:3])


def _signed(matrices: FloatArray) -> FloatArray:
    """Largest entry positive, most concentrated matrix first: a basis without arbitrary signs and order."""
    flat = matrices.reshape(len(matrices), -1)
    largest = np.argmax(np.abs(flat), axis=1)
    signs = np.sign(flat[np.arange(len(flat)), largest])
    order = np.argsort(-(flat**4).sum(axis=1), kind="stable")
    return np.asarray((matrices * signs[:, None, None])[order])
