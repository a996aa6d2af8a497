"""Parameters of regressors that are a matrix group: a name, the generators of another entry, or matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.classifiers.symmetry import Matrix, SymmetryParameter, as_generators
from symbench.errors import IncompatibleError
from symbench.trial.reference import From

if TYPE_CHECKING:
    from symbench.algebra.representations import MatrixGroup

NAMES = {
    "o": "O(d) of the task's dimension",
    "so": "SO(d), the same without reflections",
    "o13": "O(1,3), with parity and time reversal",
    "so13": "the connected part of O(1,3)",
    "none": "the trivial group",
}
"""The groups that a suite may name."""

DESCRIPTION = "o or so: O(d) or SO(d); o13 or so13: the Lorentz group; none; {from: ENTRY}; or generators"


def group_of(symmetry: SymmetryParameter, discrete: tuple[Matrix, ...], dimension: int) -> MatrixGroup:
    """The group of a parameter in this dimension, with further discrete elements.

    Raises IncompatibleError if the matrices have another size.
    """
    import numpy as np

    from symbench.algebra.representations import MatrixGroup, orthogonal

    if isinstance(symmetry, str):
        base = {
            "o": lambda: orthogonal(dimension),
            "so": lambda: orthogonal(dimension, special=True),
            "o13": lambda: orthogonal(1, 3),
            "so13": lambda: orthogonal(1, 3, special=True),
            "none": lambda: MatrixGroup(np.zeros((0, dimension, dimension))),
        }[symmetry]()
    else:
        base = MatrixGroup(as_generators(symmetry, {}))
    elements = [*base.discrete, *(np.array(element) for element in discrete)]
    sizes = {base.dimension, *(len(element) for element in elements)}
    if sizes != {dimension}:
        raise IncompatibleError(f"the symmetry acts on {max(sizes - {dimension})} components, vectors have {dimension}")
    return MatrixGroup(base.lie, np.array(elements) if elements else np.zeros((0, 0, 0)))


def refuses_dimension(symmetry: SymmetryParameter, discrete: tuple[Matrix, ...], dimension: int) -> str | None:
    """Why a symmetry cannot act on vectors of this dimension, as far as it is known at plan time; None if it can."""
    sizes = {len(element) for element in discrete}
    if isinstance(symmetry, str):
        sizes |= {4} if symmetry in ("o13", "so13") else set()
    elif not isinstance(symmetry, From):
        sizes |= {len(matrix) for matrix in symmetry}
    wrong = sizes - {dimension}
    return f"the symmetry acts on {max(wrong)} components, and vectors have {dimension}" if wrong else None
