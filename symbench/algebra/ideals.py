"""Parts of a Lie algebra given by structure constants: series, centre, radical, simple ideals.

Constants (k, k, k) are in a basis that is orthonormal for some inner product, which defines the length of brackets;
`bound` is the length below which a bracket is noise. Subspaces are rows of coefficients (m, k).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.algebra.balance import cartan_basis
from symbench.algebra.brackets import killing_form

FloatArray = npt.NDArray[np.float64]

_GAP = 0.25  # between 0 and the smallest Casimir that is not: 2/3, of the 5 of so(5) in S²
LARGEST_SPLIT = 70  # the splitting solves for k(k + 1)/2 unknowns


@dataclass(frozen=True)
class SimpleIdeal:
    """The invariants by which a simple ideal is recognised.

    dimension       k
    compact         dimension of a maximal compact subalgebra: the negative directions of the Killing form
    is_complex      whether it is a complex algebra as a real one, such as so(1,3) ≅ sl(2,C)
    rank            dimension of a Cartan subalgebra
    casimir         smallest non-zero Casimir among bilinear forms on it, in units of the adjoint's; below 1 for
                    sp(2n), n > 1, only: it distinguishes C_n from B_n, which agree in all other invariants
    """

    dimension: int
    compact: int
    is_complex: bool
    rank: int
    casimir: float


def product_space(a: FloatArray, b: FloatArray, constants: FloatArray, bound: float) -> FloatArray:
    """[a, b], the span of all brackets of two subspaces: orthonormal rows (m, k)."""
    k = len(constants)
    products = (b @ (a @ constants.reshape(k, k * k)).reshape(len(a), k, k)).reshape(-1, k)
    if not len(products):
        return np.zeros((0, k))
    if len(products) > k:  # the same singular values from a square factor
        products = np.asarray(np.linalg.qr(products, mode="r"))
    _, values, right = np.linalg.svd(products, full_matrices=False)
    return np.asarray(right[values > bound])


def series(constants: FloatArray, bound: float, *, central: bool) -> tuple[int, ...]:
    """Dimensions of g ⊇ g¹ ⊇ … until they repeat: gⁱ⁺¹ = [gⁱ, gⁱ] (derived), or [g, gⁱ] (lower central)."""
    everything = span = np.eye(len(constants))
    dimensions = [len(span)]
    while dimensions[-1] > 0:
        span = product_space(everything if central else span, span, constants, bound)
        if len(span) == dimensions[-1]:
            break
        dimensions.append(len(span))
    return tuple(dimensions)


def centre(constants: FloatArray, bound: float) -> FloatArray:
    """The centre: elements that commute with all others, rows (m, k)."""
    k = len(constants)
    left, values, _ = np.linalg.svd(constants.reshape(k, -1), full_matrices=False)
    return np.asarray(left[:, values <= bound].T)


def radical_and_complement(constants: FloatArray, bound: float, tolerance: float) -> tuple[FloatArray, FloatArray]:
    """The largest solvable ideal and its orthogonal complement, rows (r, k) and (k − r, k).

    rad g = {x : K(x, [g, g]) = 0} (É. Cartan). A direction is outside if K couples it to [g, g] by more than tolerance
    times the larger of the norm of K and the mean of tr(ad x (ad x)ᵀ).
    """
    k = len(constants)
    derived = product_space(np.eye(k), np.eye(k), constants, bound)
    form = killing_form(constants)
    scale = max(float(np.linalg.norm(form, 2)), float(np.sum(constants**2)) / k)
    left, values, _ = np.linalg.svd(form @ derived.T, full_matrices=True)
    coupled = int(np.sum(values > tolerance * scale))
    return np.asarray(left[:, coupled:].T), np.asarray(left[:, :coupled].T)


def quotient(constants: FloatArray, complement: FloatArray) -> FloatArray:
    """Constants of g/i; the rows `complement` (m, k) are orthogonal to the ideal i."""
    m, k = complement.shape
    first = (complement @ constants.reshape(k, k * k)).reshape(m, k, k)
    return np.asarray(complement @ first @ complement.T)


def simple_ideals(constants: FloatArray) -> list[SimpleIdeal]:
    """The simple ideals of a semisimple algebra (k, k, k), k ≤ 70; the smallest first, compact before others.

    In the basis of `cartan_basis` the symmetric T that commute with every ad x are the combinations of projectors on
    ideals. They are the kernel of T ↦ Σ [ad xᵢᵀ, [ad xᵢ, T]], and a generic one has one eigenspace per ideal. On
    antisymmetric T the kernel of the same operator is the complex structures. The non-zero eigenvalues are Casimirs, at
    least 2/3, so that noise cannot be confused with them.
    """
    k = len(constants)
    if k > LARGEST_SPLIT:
        raise ValueError(f"an algebra of dimension {k} is too large to be split into ideals: at most {LARGEST_SPLIT}")
    if k == 0:
        return []
    constants = cartan_basis(constants)
    casimirs, kernel = _commutant(constants, symmetric=True)
    if len(kernel) < 2:
        return [_ideal(constants, casimirs)]
    weights = np.random.Generator(np.random.PCG64(k)).standard_normal(len(kernel))
    values, vectors = np.linalg.eigh(np.einsum("m,mab->ab", weights, kernel))
    # There are as many eigenspaces as ideals: they are separated at the widest gaps.
    cuts = np.sort(np.argsort(-np.diff(values), kind="stable")[: len(kernel) - 1] + 1)
    ideals = []
    for part in np.split(vectors, cuts, axis=1):
        ideal = cartan_basis(quotient(constants, part.T))
        ideals.append(_ideal(ideal, _commutant(ideal, symmetric=True)[0]))
    return sorted(ideals, key=lambda ideal: (ideal.dimension, -ideal.compact, ideal.rank, ideal.casimir))


def _ideal(constants: FloatArray, casimirs: FloatArray) -> SimpleIdeal:
    k = len(constants)
    compact = int(np.sum(np.linalg.eigvalsh(killing_form(constants)) < 0))
    above = casimirs[casimirs > _GAP]
    return SimpleIdeal(
        dimension=k,
        compact=compact,
        # Multiplication by i maps the compact half of a complex algebra to the other.
        is_complex=2 * compact == k and len(_commutant(constants, symmetric=False)[1]) > 0,
        rank=rank(constants),
        casimir=float(above[0]) if len(above) else 1.0,
    )


def _commutant(constants: FloatArray, *, symmetric: bool) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues, rising, of T ↦ Σ [ad xᵢᵀ, [ad xᵢ, T]] on (anti)symmetric T, and its kernel (m, k, k)."""
    k = len(constants)
    rows, columns = np.triu_indices(k, 0 if symmetric else 1)
    adjoint = constants.transpose(0, 2, 1)  # ad xᵢ as matrices on columns of coefficients
    sided = np.einsum("iab,iac->bc", adjoint, adjoint), np.einsum("iba,ica->bc", adjoint, adjoint)
    # ⟨S, Σ adᵀ T ad⟩ over pairs of entries; the sign of the mirrored entry is the symmetry of T.
    sign = 1.0 if symmetric else -1.0
    mixed = np.tensordot(adjoint, adjoint, axes=(0, 0))  # [a, c, b, d] = Σ ad[a, c] ad[b, d]
    direct = mixed[rows[:, None], rows, columns[:, None], columns]
    mirrored = mixed[rows[:, None], columns, columns[:, None], rows]
    cross = direct + sign * mirrored
    eye = np.eye(k)

    def entries(matrix: FloatArray) -> FloatArray:
        """The operator T ↦ matrix T + T matrix on the same pairs."""
        one = matrix[rows[:, None], rows] * eye[columns[:, None], columns]
        two = eye[rows[:, None], rows] * matrix[columns[:, None], columns]
        three = matrix[rows[:, None], columns] * eye[columns[:, None], rows]
        four = eye[rows[:, None], columns] * matrix[columns[:, None], rows]
        return one + two + sign * (three + four)

    # Σ ‖[ad, T]‖² = tr T (Σ adᵀad) T + tr T (Σ ad adᵀ) T − 2 Σ tr Tᵀ adᵀ T ad, halved over both mirror images
    operator = entries(sided[0] + sided[1]) / 2 - (cross + cross.T)
    length = np.where(rows == columns, np.sqrt(0.5), 1.0)
    values, vectors = np.linalg.eigh(operator * length[:, None] * length)
    found = vectors[:, values <= _GAP].T * length
    kernel = np.zeros((len(found), k, k))
    kernel[:, rows, columns] = found
    return values, kernel + sign * kernel.transpose(0, 2, 1)


def rank(constants: FloatArray, draws: int = 16) -> int:
    """Dimension of a Cartan subalgebra: the multiplicity of the eigenvalue 0 of a generic ad x.

    Of several x, that with the widest gap between vanishing and other eigenvalues is used.
    """
    k = len(constants)
    if k == 0:
        return 0
    random = np.random.Generator(np.random.PCG64(k))
    best, found = -1.0, k
    for x in random.standard_normal((draws, k)):
        values = np.sort(np.abs(np.linalg.eigvals(np.einsum("i,ijl->jl", x, constants))))
        floor = 1e-9 * values[-1]
        # k − rank is even: roots come in pairs.
        for r in range(k - 2 * ((k - 1) // 2), k, 2):
            gap = float(values[r] / max(values[r - 1], floor)) if values[-1] > 0 else 0.0
            if gap > best:
                best, found = gap, r
    return found
