"""A claimed algebra in a sparse basis.

A method returns an arbitrary basis of its span. The report shows the sparsest basis of the same span (see
`algebra.canonical`), which is a rotation of the claimed one. If the true span is known, each element M has its share
‖P(M)‖/‖M‖ inside it, with P the projection in ⟨L, M⟩ = tr(L Mᵀ).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.algebra.canonical import canonical_basis
from symbench.algebra.subspace import orthonormal

FloatArray = npt.NDArray[np.float64]

_STARTS = 8
_QUICKLY_TURNED = 12  # generators; for the 45 of so(10) one start takes seconds


@dataclass(frozen=True)
class ReadableBasis:
    """Matrices (m, d, d) of norm 1, a title for each, and their shares inside the true span if it is known."""

    matrices: FloatArray
    titles: tuple[str, ...]
    shares: tuple[float, ...] | None


def readable_basis(claimed: FloatArray, truth: FloatArray | None) -> ReadableBasis | None:
    """The sparsest basis of the claimed generators (k, d, d), with titles; None for an empty claim.

    truth   true generators (k*, d, d); k* = 0 if there are none, None if they are unknown
    """
    starts = _STARTS if len(claimed) <= _QUICKLY_TURNED else 0
    matrices, titles = canonical_basis(claimed, starts=starts)
    if not len(matrices):
        return None
    unit = matrices / np.linalg.norm(matrices, axis=(1, 2))[:, None, None]
    if truth is None or truth.shape[1:] != claimed.shape[1:]:
        return ReadableBasis(unit, titles, None)
    rows = orthonormal(truth)
    shares = np.linalg.norm(unit.reshape(len(unit), -1) @ rows.T, axis=1)
    return ReadableBasis(unit, titles, tuple(float(share) for share in shares))
