"""A found algebra in a basis that can be read.

A method returns some basis of its span, usually a mixture. It is shown in the sparsest basis of that span (see
`algebra.canonical`): a rotation of what was claimed, so that nothing is hidden. Where the true span is known, each
element M is given its share ‖P(M)‖/‖M‖ inside it, with P the projection in ⟨L, M⟩ = tr(L Mᵀ).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.algebra.canonical import canonical_basis
from symbench.algebra.subspace import orthonormal

FloatArray = npt.NDArray[np.float64]

_STARTS = 8
_QUICKLY_TURNED = 12  # generators: a start takes seconds for the 45 of so(10)


@dataclass(frozen=True)
class ReadableBasis:
    """Matrices to look at: (m, d, d) of norm 1 with a title each, and their shares inside the true span if known."""

    matrices: FloatArray
    titles: tuple[str, ...]
    shares: tuple[float, ...] | None


def readable_basis(found: FloatArray, truth: FloatArray | None) -> ReadableBasis | None:
    """The sparsest basis of the found generators (k, d, d), labelled; None for a claim of nothing.

    truth   true generators (k*, d, d), k* = 0 where there are none, None where they are not known
    """
    starts = _STARTS if len(found) <= _QUICKLY_TURNED else 0
    matrices, titles = canonical_basis(found, starts=starts)
    if not len(matrices):
        return None
    unit = matrices / np.linalg.norm(matrices, axis=(1, 2))[:, None, None]
    if truth is None or truth.shape[1:] != found.shape[1:]:
        return ReadableBasis(unit, titles, None)
    rows = orthonormal(truth)
    shares = np.linalg.norm(unit.reshape(len(unit), -1) @ rows.T, axis=1)
    return ReadableBasis(unit, titles, tuple(float(share) for share in shares))
