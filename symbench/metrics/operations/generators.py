"""Transformations that a list of generators generates."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from symbench.metrics.operations.base import Grid, MatrixOperation
from symbench.registry import operation
from symbench.trial.reference import PLACEHOLDER

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


MOST_GENERATORS = 45


@operation("generators")
class Generators(MatrixOperation):
    """exp(tL) with t = ± the range that is its strength, L uniform on the sphere ‖L‖² = 2 of the generators' span."""

    title = "discovered generators"
    summary = "exp(tL) with L drawn uniformly from the unit sphere of the span of given generators, ‖L‖² = 2"
    kind = "linear"
    grid = Grid("ranges", "range", (0.1, 0.5, 1.0), most=10.0)
    needs_generators = True
    order = 90

    def settings(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        value = stated.get("generators")
        complete = super().settings(stated)
        return {**complete, "generators": dict(PLACEHOLDER) if value == PLACEHOLDER else _checked(value)}

    def matrices(self, settings: Mapping[str, Any], count: int, rng: np.random.Generator) -> Floats:
        import numpy as np

        directions = random_generators(np.asarray(settings["generators"], dtype=np.float64), count, rng)
        return exponentials(rng.choice(settings["ranges"], count)[:, None, None] * directions)

    def lie_generators(self, settings: Mapping[str, Any]) -> dict[str, Floats]:
        """An orthonormal basis of the span: `generator_1`, …"""
        import numpy as np

        basis = orthonormal(np.array(settings["generators"]))
        return {f"generator_{i + 1}": matrix for i, matrix in enumerate(basis)}


def orthonormal(generators: Floats) -> Floats:
    """A basis (k', 4, 4) of the span, with tr(LₐᵀL_b) = 2 δ_ab: the length of a rotation or of a boost by unit angle.

    `algebra.subspace` determines k', independent of the lengths of the generators. Raises ValueError for generators
    of another shape than (k, 4, 4), and for an empty list.
    """
    import numpy as np

    from symbench.algebra.subspace import orthonormal_generators

    if generators.ndim != 3 or generators.shape[1:] != (4, 4) or not len(generators):
        raise ValueError(f"generators must have the shape (k, 4, 4) on (E, px, py, pz), got {generators.shape}")
    dimension = len(orthonormal_generators(generators))
    if not dimension:
        raise ValueError("all generators are zero")
    _, _, rows = np.linalg.svd(generators.reshape(len(generators), 16), full_matrices=False)
    return np.asarray(np.sqrt(2.0) * rows[:dimension].reshape(-1, 4, 4))


def random_generators(generators: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Directions (count, 4, 4), uniform on the sphere ‖L‖² = 2 of the span, independent of its basis."""
    import numpy as np

    basis = orthonormal(generators)
    weights = rng.normal(size=(count, len(basis)))
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return np.asarray(np.einsum("nk,kij->nij", weights, basis))


def exponentials(matrices: Floats) -> Floats:
    """e^A of (N, 4, 4)."""
    import numpy as np
    from scipy.linalg import expm

    return np.asarray(expm(matrices), dtype=np.float64)


def _checked(value: Any) -> list[list[list[float]]]:
    """Generators of transformations of four-vectors, (k, 4, 4) in nested lists; raises ValueError."""
    if value is None:
        raise ValueError(
            "generators are missing: state 4 × 4 matrices on (E, px, py, pz), or `from` with a discovery entry"
        )
    try:
        rows = [[[float(entry) for entry in row] for row in matrix] for matrix in value]
    except (TypeError, ValueError):
        rows = []
    shaped = bool(rows) and all(len(matrix) == 4 and all(len(row) == 4 for row in matrix) for matrix in rows)
    if not shaped or len(rows) > MOST_GENERATORS:
        raise ValueError(f"generators must be 1 to {MOST_GENERATORS} matrices of 4 × 4 numbers")
    if not all(isfinite(entry) for matrix in rows for row in matrix for entry in row):
        raise ValueError("generators must be finite")
    if any(all(entry == 0 for row in matrix for entry in row) for matrix in rows):
        raise ValueError("a generator is zero")
    return rows
