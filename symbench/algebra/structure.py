"""Structure of a Lie algebra given by matrices: brackets, closure, Killing form, ideals, and its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.algebra.metric import signature
from symbench.algebra.subspace import orthonormal_generators

FloatArray = npt.NDArray[np.float64]

CLOSED = 0.2  # share of a random subspace's closure residual up to which a span counts as closed
_EXACT, _COARSE = 1e-6, 0.25


def bracket(a: FloatArray, b: FloatArray) -> FloatArray:
    """The commutator [a, b] = ab − ba of matrices (…, d, d)."""
    return np.asarray(a @ b - b @ a)


def brackets(basis: FloatArray) -> FloatArray:
    """All commutators [Lᵢ, Lⱼ] of a basis (k, d, d): shape (k, k, d, d)."""
    return bracket(basis[:, None], basis[None, :])


def structure_constants(generators: FloatArray) -> FloatArray:
    """c with [Lᵢ, Lⱼ] = Σₗ cᵢⱼₗ Lₗ, in the least-squares sense where the span does not close: shape (k, k, k).

    generators (k, d, d), linearly independent.
    """
    k = len(generators)
    if k == 0:
        return np.zeros((0, 0, 0))
    flat = generators.reshape(k, -1)
    return np.asarray(brackets(generators).reshape(k, k, -1) @ np.linalg.pinv(flat))


def closure_residual(generators: FloatArray) -> float:
    """How far the span is from closing under the bracket, in [0, 1]: 0 for an algebra, √(1 − k/d²) by chance.

    √(Σ ‖[Lᵢ, Lⱼ] − Π[Lᵢ, Lⱼ]‖² / Σ ‖[Lᵢ, Lⱼ]‖²) over pairs of a Frobenius-orthonormal basis: the quadratic mean
    over pairs weighted by the length of the bracket, which no longer depends on the basis. 0 where all commute.
    """
    basis = orthonormal_generators(generators)
    k = len(basis)
    if k < 2:
        return 0.0
    pairs = brackets(basis).reshape(k * k, -1)
    total = float(np.sum(pairs**2))
    if total < 1e-20:
        return 0.0
    flat = basis.reshape(k, -1)
    outside = pairs - (pairs @ flat.T) @ flat
    return float(np.sqrt(np.sum(outside**2) / total))


def killing_form(constants: FloatArray) -> FloatArray:
    """K(Lᵢ, Lⱼ) = tr(ad Lᵢ ad Lⱼ) = Σ cᵢₐᵦ cⱼᵦₐ from structure constants (k, k, k): shape (k, k)."""
    return np.asarray(np.einsum("iab,jba->ij", constants, constants))


@dataclass(frozen=True)
class Structure:
    """The invariants that an algebra is recognised by.

    dimension        k
    closure          closure residual in [0, 1]
    killing          numbers of positive, negative and vanishing eigenvalues of the Killing form
    derived_series   dimensions of g ⊇ [g, g] ⊇ …, until they repeat
    centre           dimension of the centre
    """

    dimension: int
    closure: float
    killing: tuple[int, int, int]
    derived_series: tuple[int, ...]
    centre: int


def analyse(generators: FloatArray, tolerance: float | None = None) -> Structure:
    """The structure of the span of generators (k, d, d).

    tolerance is relative: singular and Killing eigenvalues below it times the largest vanish. By default it
    follows the noise in the generators, for which the closure residual stands: exact algebras are read at 1e-6,
    noisy ones at five times their residual, never above 0.25.
    """
    basis = orthonormal_generators(generators)
    closure = closure_residual(basis)
    if tolerance is None:
        tolerance = float(np.clip(5 * closure, _EXACT, _COARSE))
    constants = structure_constants(basis)
    k = len(basis)
    # ad: Lᵢ ↦ c[i]; the largest ‖[a, b]‖ of unit a and b sets the scale below which brackets count as noise.
    scale = float(np.linalg.norm(constants.reshape(k, -1), 2)) if k else 0.0
    if scale <= 2 * tolerance:
        return Structure(k, closure, (0, 0, k), (k, 0) if k else (0,), k)
    kernel = np.linalg.svd(constants.reshape(k, -1), compute_uv=False)
    return Structure(
        dimension=k,
        closure=closure,
        killing=signature(killing_form(constants), tolerance),
        derived_series=_derived_series(constants, tolerance * scale),
        centre=int(np.sum(kernel <= tolerance * scale)),
    )


def _derived_series(constants: FloatArray, bound: float) -> tuple[int, ...]:
    """Dimensions of g, [g, g], [[g, g], [g, g]], … from constants in an orthonormal basis."""
    k = len(constants)
    span = np.eye(k)
    dimensions = [k]
    while dimensions[-1] > 0:
        products = np.einsum("ai,bj,ijl->abl", span, span, constants).reshape(-1, k)
        _, values, right = np.linalg.svd(products, full_matrices=False)
        span = right[values > bound]
        if len(span) == dimensions[-1]:
            break
        dimensions.append(len(span))
    return tuple(dimensions)


# A semisimple algebra of dimension 3, 6 or 10 is known by its Killing signature (positive, negative).
_SEMISIMPLE = {
    (0, 3): "so(3)",
    (2, 1): "so(2,1)",
    (0, 6): "so(4)",
    (3, 3): "so(1,3)",
    (4, 2): "so(2,2)",
    (2, 4): "so(3)+so(2,1)",
    (0, 10): "so(5)",
    (4, 6): "so(1,4)",
    (6, 4): "so(2,3)",
}


def name_of(generators: FloatArray, tolerance: float | None = None) -> str:
    """The name of the algebra that generators (k, d, d) span; `none` for k = 0.

    `unknown(k)` where the span does not close (a closure residual above 0.2 of a random subspace's) or is not in
    the table: so(2), so(1,1), dilation, so(3), so(2,1), e(2), heisenberg(3), so(p,q) with p + q = 4 or 5,
    abelian(k), gl(d), and a semisimple one of these plus a centre, as in `so(1,3)+abelian(1)`.
    """
    basis = orthonormal_generators(generators)
    k, d = len(basis), generators.shape[-1]
    if k == 0:
        return "none"
    if k == 1:
        return _name_of_line(basis[0])
    if k == d * d:
        return f"gl({d})"
    found = analyse(basis, tolerance)
    if found.closure > CLOSED * np.sqrt(1 - k / d**2):
        return f"unknown({k})"
    derived = found.derived_series
    if derived[-1] == 0:
        if derived[:2] == (k, 0):
            return f"abelian({k})"
        if k == 3 and derived == (3, 1, 0) and found.centre == 1:
            return "heisenberg(3)"
        if k == 3 and derived == (3, 2, 0) and found.killing == (0, 1, 2):
            return "e(2)"
        return f"unknown({k})"
    # Reductive: the derived algebra is semisimple (its Killing form does not degenerate) beside the centre.
    positive, negative, vanishing = found.killing
    simple = _SEMISIMPLE.get((positive, negative))
    if simple is None or derived[-1] != positive + negative or found.centre != vanishing:
        return f"unknown({k})"
    return simple if vanishing == 0 else f"{simple}+abelian({vanishing})"


def _name_of_line(generator: FloatArray) -> str:
    """All lines are the same algebra; which group they generate shows in the eigenvalues."""
    d = len(generator)
    part = np.trace(generator) / d * np.eye(d)
    if np.linalg.norm(generator - part) <= _COARSE * np.linalg.norm(part):
        return "dilation(1)"
    values = np.linalg.eigvals(generator)
    largest = float(np.max(np.abs(values)))
    if largest < 0.1:  # ‖L‖ = 1: nilpotent, a shear
        return "abelian(1)"
    if np.max(np.abs(values.real)) <= 0.1 * largest:
        return "so(2)"
    if np.max(np.abs(values.imag)) <= 0.1 * largest and abs(np.trace(generator)) <= 0.1 * largest:
        return "so(1,1)"
    return "abelian(1)"


def most_common_name(samples: Iterable[FloatArray]) -> tuple[str, float]:
    """The name that most samples of generators (bootstrap, folds or seeds) get, and the share that gets it."""
    counts = Counter(name_of(generators) for generators in samples)
    if not counts:
        raise ValueError("no samples to name an algebra from")
    name, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    return name, count / counts.total()
