"""The vectors without the directions that a label ignores: where an algebra acts, and is named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import Whitening, data_displacement, moment_frame

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RelevantSpace:
    """The quotient of the space of vectors by the directions V that the label ignores.

    If f(x + v) = f(x) for all v in V, every L with image in V is a symmetry. These L are an ideal, and every symmetry
    maps V to V: the rest of the algebra acts on the quotient. A generator of the quotient is lifted to one that does
    not move V, nor into V in whitened coordinates.

    x         (N, P, d) the events
    central   (N,) those in the domain of the claim
    white     the whitening of the central events
    kept      Q (r, r′) orthonormal: whitened coordinates modulo V
    onto      (d, d) the projection of vectors along V
    frame     F (d, s) and
    into      F⁺ (s, d): projected vectors F⁺ x have second moment 1 in the domain
    """

    x: FloatArray
    central: npt.NDArray[np.bool_]
    white: Whitening
    kept: FloatArray
    onto: FloatArray
    frame: FloatArray
    into: FloatArray

    @classmethod
    def of(cls, x: FloatArray, central: npt.NDArray[np.bool_], white: Whitening, ignored: FloatArray) -> RelevantSpace:
        """Of events, the whitening of the central ones, and orthonormal directions V (r, m) of whitened coordinates."""
        kept = np.linalg.svd(ignored, full_matrices=True)[0][:, ignored.shape[1] :]
        onto = np.eye(x.shape[2]) - white.spread @ ignored @ ignored.T @ white.whiten
        frame, into = moment_frame(x[central] @ onto.T)
        return cls(x, central, white, kept, onto, frame, into)

    def functions(self) -> FloatArray:
        """(N, P, s) projected vectors in coordinates with second moment 1, the functions of a generator."""
        return np.asarray(self.x @ self.onto.T @ self.into.T)

    def lifted(self, columns: FloatArray) -> FloatArray:
        """Generators (k, d, d) of coefficients (r′·s, k), of displacement 1: each moves the data by their own size."""
        s = len(self.into)
        inside = columns.T.reshape(-1, self.kept.shape[1], s)
        generators = self.white.spread @ self.kept @ inside @ self.into @ self.onto
        sizes = data_displacement(generators, self.x[self.central], white=self.white)
        return np.asarray(generators / np.where(sizes > 0, sizes, 1.0)[:, None, None])

    def inside(self, generators: FloatArray) -> FloatArray:
        """Generators (k, s, s) as they act on projected vectors: the same in every frame, up to a rotation."""
        return np.asarray(self.into @ generators @ self.frame)
