"""Structure of a Lie algebra of matrices: brackets, closure, Killing form, ideals, and its name.

The public names of `brackets`, `invariants` and `naming`.
"""

from __future__ import annotations

from symbench.algebra.brackets import (
    bracket,
    brackets,
    closure_residual,
    jacobi_residual,
    killing_form,
    structure_constants,
)
from symbench.algebra.invariants import CLOSED, Structure, analyse, is_closed
from symbench.algebra.naming import also_known_as, most_common_name, name_of

__all__ = [
    "CLOSED",
    "Structure",
    "also_known_as",
    "analyse",
    "bracket",
    "brackets",
    "closure_residual",
    "is_closed",
    "jacobi_residual",
    "killing_form",
    "most_common_name",
    "name_of",
    "structure_constants",
]
