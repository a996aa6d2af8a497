"""The coordinates in which `oracle` seeks matrices: those in which the vectors have second moment 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.discovery.shared.relevant import RelevantSpace

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Coordinates:
    """Matrices M (s, s) that act on vectors θ of second moment 1 in the domain, and coefficients W = K M of the space.

    A rotation is free in θ. If the data have full support it is chosen such that θ is nearest to the sample's own axes,
    which the sparse variant refers to.

    functions   (N, P, s) θ
    tangent     K (r, s): the change of the label along M is ∇f · K M θ
    image       (s, r) orthonormal: matrices have their image in its columns, displacements within the data's support
    turn        (s, s) rotation from the coordinates of the space to θ
    """

    space: RelevantSpace
    functions: FloatArray
    tangent: FloatArray
    image: FloatArray
    turn: FloatArray

    @classmethod
    def of(cls, space: RelevantSpace) -> Coordinates:
        """Of the space of vectors without the directions that the label ignores."""
        d, s = space.frame.shape
        turn = np.eye(s)
        if d == s:
            left, _, right = np.linalg.svd(space.frame)
            turn = left @ right
        tangent = space.kept.T @ space.white.whiten @ space.frame @ turn.T
        image = np.linalg.svd(turn @ space.into @ space.white.spread @ space.kept, full_matrices=False)[0]
        return cls(space, space.functions() @ turn.T, tangent, image if image.shape[1] < s else np.eye(s), turn)

    def form(self, change: FloatArray) -> FloatArray:
        """The form of matrices M (s², s²), of that of coefficients W (r·s, r·s)."""
        lift = np.kron(self.tangent, np.eye(len(self.turn)))
        return np.asarray(lift.T @ change @ lift)

    def coefficients(self, matrices: FloatArray) -> FloatArray:
        """Columns (r·s, k) of matrices (k, s, s)."""
        return np.asarray((self.tangent @ matrices).reshape(len(matrices), -1).T)

    def lifted(self, matrices: FloatArray) -> FloatArray:
        """Generators (k, d, d) in the sample's coordinates, of displacement 1."""
        columns = (self.tangent @ matrices @ self.turn).reshape(len(matrices), -1).T
        return self.space.lifted(columns)
