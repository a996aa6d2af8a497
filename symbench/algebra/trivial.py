"""The trivial part of an algebra: generators into directions that a label ignores, symmetries whatever they do.

If f(x + v) = f(x) for all v in V, {L : L x in V} is an ideal of the symmetries of f. It says nothing but that V is
irrelevant: so(3) with an irrelevant column is so(3), with a trivial part of dimension 4, and not an algebra of
dimension 7. Claims and truths are compared, and named, modulo the trivial part.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import whitening
from symbench.algebra.subspace import orthonormal_generators

FloatArray = npt.NDArray[np.float64]

_INSIDE = 0.1  # sine of the angle to the trivial part below which a direction belongs to it


def ignored_directions(gradients: FloatArray, x: FloatArray, variance: float, bound: float) -> FloatArray:
    """An orthonormal basis (d, m) of V from label gradients (N, P, d) at events x (N, P, d).

    A direction v is ignored if a displacement of one vector x_p along it, of the size of the data, moves the label by
    less than `bound` of its standard deviation √variance. Directions without data are not among them.
    """
    white = whitening(x)
    r = white.spread.shape[1]
    inside = gradients @ white.spread
    values, vectors = np.linalg.eigh(r * np.einsum("npi,npj->ij", inside, inside) / (len(x) * variance))
    directions = white.spread @ vectors[:, values < bound**2]
    return np.asarray(np.linalg.qr(directions)[0])


def without_trivial_part(generators: FloatArray, ignored: FloatArray) -> FloatArray:
    """A basis (k′, d, d) of the span of generators (k, d, d) modulo those into V (d, m), images orthogonal to V."""
    d = generators.shape[-1]
    basis = orthonormal_generators(generators)
    if not ignored.shape[1] or not len(basis):
        return generators
    relevant = (np.eye(d) - ignored @ ignored.T) @ basis
    _, values, right = np.linalg.svd(relevant.reshape(len(basis), d * d), full_matrices=False)
    return np.asarray(right[values > _INSIDE].reshape(-1, d, d))
