"""The frames in which a target and its pairs (A, B) are found, and the linear equations of a pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import Whitening, moment_frame, whitening

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Side:
    """Vectors (N, P, d) in units of their covariance, of rank r, and their second moment about 0, of rank s.

    A matrix acts on a vector as it is, with its mean, and what it does is measured in units of the covariance: it is
    spread · M · into with M (r, s).
    """

    white: Whitening
    frame: FloatArray
    into: FloatArray

    @classmethod
    def of(cls, x: FloatArray) -> Side:
        return cls(whitening(x), *moment_frame(x))

    @property
    def shape(self) -> tuple[int, int]:
        """(r, s) of M."""
        return self.white.spread.shape[1], len(self.into)

    @property
    def size(self) -> int:
        """Entries of M."""
        return self.shape[0] * self.shape[1]

    def lifted(self, columns: FloatArray) -> FloatArray:
        """Matrices (k, d, d) of columns (r·s, k)."""
        return np.asarray(self.white.spread @ columns.T.reshape(-1, *self.shape) @ self.into)

    def inside(self, matrices: FloatArray) -> FloatArray:
        """Matrices (k, d, d) as they act in units of the second moment: (k, s, s)."""
        return np.asarray(self.into @ matrices @ self.frame)


def pair_rows(gradients: FloatArray, vectors: FloatArray, values: FloatArray) -> FloatArray:
    """The equations Σ_p ∂_p f_c · A x_p − (B f)_c = 0, (N, m, r·s + m·n), up to their scale.

    gradients   (N, m, P, r) of the m whitened components of the target, in whitened coordinates of the vectors
    vectors     (N, P, s) in units of the second moment
    values      (N, n) of the target in units of its second moment
    """
    count, m = gradients.shape[:2]
    moved = np.einsum("ncpi,npj->ncij", gradients, vectors).reshape(count, m, -1)
    turned = np.einsum("cd,nj->ncdj", np.eye(m), values).reshape(count, m, -1)
    return np.concatenate([moved, -turned], axis=2)


def mean_square(rows: FloatArray) -> FloatArray:
    """The form E ‖rows · w‖²/m of equations (N, m, K): (K, K)."""
    flat = rows.reshape(-1, rows.shape[2])
    return np.asarray(flat.T @ flat / len(flat))


def pair_lengths(vectors: Side, target: Side) -> FloatArray:
    """The form of E Σ_p ‖A x_p‖²_W / P r + E ‖B f‖²_W / m: (K, K)."""
    parts = [np.full(side.size, 1.0 / side.shape[0]) for side in (vectors, target)]
    return np.diag(np.concatenate(parts))
