"""Standard matrix Lie algebras as arrays (k, d, d); `names` has them by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Generators = npt.NDArray[np.float64]


def minkowski(p: int, q: int) -> npt.NDArray[np.float64]:
    """The metric diag(+1 × p, −1 × q), shape (p + q, p + q)."""
    return np.diag([1.0] * p + [-1.0] * q)


def symplectic_form(n: int) -> npt.NDArray[np.float64]:
    """Ω = [[0, 1], [−1, 0]] in blocks of n, shape (2n, 2n), on vectors (q, p)."""
    return np.kron(np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(n))


def complex_structure(n: int) -> npt.NDArray[np.float64]:
    """Multiplication by i on Cⁿ as R²ⁿ, coordinates (Re z, Im z): shape (2n, 2n)."""
    return -symplectic_form(n)


def so(p: int, q: int = 0) -> Generators:
    """so(p, q): every L with Lᵀη + ηL = 0 for η = diag(+1 × p, −1 × q).

    Shape (n(n−1)/2, n, n) with n = p + q. L = η A with A antisymmetric, so that rotations have entries ±1 and
    boosts are symmetric with entries +1 in front of (E, p).
    """
    n = p + q
    eta = minkowski(p, q)
    basis = np.zeros((n * (n - 1) // 2, n, n))
    for row, (i, j) in enumerate(zip(*np.triu_indices(n, 1), strict=True)):
        basis[row, i, j], basis[row, j, i] = 1.0, -1.0
    return eta @ basis


def gl(n: int) -> Generators:
    """Every n × n matrix: shape (n², n, n)."""
    return np.eye(n * n).reshape(n * n, n, n)


def sl(n: int) -> Generators:
    """The traceless n × n matrices: shape (n² − 1, n, n)."""
    off = [unit for unit in gl(n) if np.trace(unit) == 0]
    diagonal = [np.diag([1.0 if m == i else -1.0 if m == i + 1 else 0.0 for m in range(n)]) for i in range(n - 1)]
    return np.array(off + diagonal).reshape(-1, n, n)


def realified(matrices: npt.NDArray[np.complex128]) -> Generators:
    """Complex matrices A + iB (k, n, n) as real matrices on (Re z, Im z): [[A, −B], [B, A]], shape (k, 2n, 2n)."""
    return np.block([[matrices.real, -matrices.imag], [matrices.imag, matrices.real]]).astype(np.float64)


def complexified(basis: Generators) -> Generators:
    """The complex span of a real basis (k, n, n), as real matrices: shape (2k, 2n, 2n)."""
    return realified(np.concatenate([basis + 0j, 1j * basis]))


def u(n: int) -> Generators:
    """u(n): the antihermitian n × n matrices as real ones on (Re z, Im z), shape (n², 2n, 2n).

    i E_jj, then for j < k the rotation E_jk − E_kj and i(E_jk + E_kj). They preserve z†z and commute with i.
    """
    return realified(_antihermitian(n))


def su(n: int) -> Generators:
    """su(n): the traceless part of u(n), shape (n² − 1, 2n, 2n), with i(E_jj − E_j+1,j+1) on the diagonal."""
    basis = _antihermitian(n)
    return realified(np.concatenate([basis[: n - 1] - basis[1:n], basis[n:]]))


def _antihermitian(n: int) -> npt.NDArray[np.complex128]:
    unit = gl(n).reshape(n, n, n, n)
    rows = [1j * unit[j, j] for j in range(n)]
    for j, k in zip(*np.triu_indices(n, 1), strict=True):
        rows += [unit[j, k] - unit[k, j] + 0j, 1j * (unit[j, k] + unit[k, j])]
    return np.array(rows)


def sp(n: int) -> Generators:
    """sp(2n, R): every L with LᵀΩ + ΩL = 0 on (q, p), shape (n(2n + 1), 2n, 2n).

    L = [[A, B], [C, −Aᵀ]] with B and C symmetric: the linear Hamiltonian flows.
    """
    unit = gl(n).reshape(n, n, n, n)
    rows = []
    for i in range(n):
        for j in range(n):
            row = np.zeros((2 * n, 2 * n))
            row[:n, :n], row[n:, n:] = unit[i, j], -unit[j, i]
            rows.append(row)
    for i in range(n):
        for j in range(i, n):
            symmetric = unit[i, j] + (unit[j, i] if i != j else 0.0)
            for corner in ((slice(n), slice(n, None)), (slice(n, None), slice(n))):
                row = np.zeros((2 * n, 2 * n))
                row[corner] = symmetric
                rows.append(row)
    return np.array(rows)


OCTONION_TRIPLES = ((1, 2, 3), (1, 4, 5), (1, 6, 7), (2, 4, 6), (2, -5, 7), (3, -4, 7), (3, -5, 6))
"""i, j, k of φ = e¹²³ + e¹⁴⁵ + e¹⁶⁷ + e²⁴⁶ − e²⁵⁷ − e³⁴⁷ − e³⁵⁶; the sign of a term is that of its middle entry."""


def three_form() -> npt.NDArray[np.float64]:
    """φ_ijk = eᵢ · (eⱼ × eₖ) of the cross product of R⁷, shape (7, 7, 7), antisymmetric."""
    form = np.zeros((7, 7, 7))
    for i, j, k in OCTONION_TRIPLES:
        sign, (a, b, c) = np.sign(j), (i - 1, abs(j) - 1, k - 1)
        for first, second, third in ((a, b, c), (b, c, a), (c, a, b)):
            form[first, second, third], form[first, third, second] = sign, -sign
    return form


def g2() -> Generators:
    """The compact g2, every L that preserves `three_form`: shape (14, 7, 7).

    so(7) = 7 ⊕ 14 under G₂, and the 14 are the antisymmetric A with Σ φ_ijk A_jk = 0 for every i (R. L. Bryant, Annals
    of Mathematics 126 (1987) 525). For each i this relates the three pairs (j, k) with φ_ijk = ±1.
    """
    form, rows = three_form(), []
    for i in range(7):
        turns = []
        for j, k in zip(*np.nonzero(np.triu(form[i])), strict=True):
            turn = np.zeros((7, 7))
            turn[j, k], turn[k, j] = form[i, j, k], -form[i, j, k]
            turns.append(turn)
        rows += [turns[0] - turns[1], turns[1] - turns[2]]
    return np.array(rows)


def heisenberg(n: int) -> Generators:
    """The Heisenberg algebra h(n), [Xᵢ, Yⱼ] = δᵢⱼ Z: shape (2n + 1, n + 2, n + 2), strictly upper triangular."""
    basis = np.zeros((2 * n + 1, n + 2, n + 2))
    for i in range(n):
        basis[i, 0, 1 + i] = 1.0
        basis[n + i, 1 + i, n + 1] = 1.0
    basis[2 * n, 0, n + 1] = 1.0
    return basis


def affine(linear: Generators) -> Generators:
    """The linear algebra (k, n, n) with all translations of Rⁿ: (k + n, n + 1, n + 1), acting on (x, 1)."""
    k, n, _ = linear.shape
    basis = np.zeros((k + n, n + 1, n + 1))
    basis[:k, :n, :n] = linear
    for i in range(n):
        basis[k + i, i, n] = 1.0
    return basis


def translations(n: int) -> Generators:
    """The translations of Rⁿ as matrices on (x, 1): abelian, shape (n, n + 1, n + 1)."""
    return affine(nothing(n))


def diagonal(n: int) -> Generators:
    """The diagonal n × n matrices, one scale per axis: abelian, shape (n, n, n)."""
    return np.array([np.diag(row) for row in np.eye(n)])


def dilation(n: int) -> Generators:
    """The line spanned by the identity: shape (1, n, n)."""
    return np.eye(n)[None]


def beam_rotation() -> Generators:
    """The rotation about the z axis of (E, px, py, pz): shape (1, 4, 4)."""
    rotation = np.zeros((1, 4, 4))
    rotation[0, 1, 2], rotation[0, 2, 1] = -1.0, 1.0
    return rotation


def nothing(n: int) -> Generators:
    """The zero algebra on Rⁿ: shape (0, n, n)."""
    return np.zeros((0, n, n))


def direct_sum(algebras: Sequence[Generators]) -> Generators:
    """The direct sum, each algebra on its own space: block-diagonal, shape (Σ k, Σ d, Σ d)."""
    d = sum(a.shape[-1] for a in algebras)
    rows: list[Generators] = []
    start = 0
    for algebra in algebras:
        stop = start + algebra.shape[-1]
        block = np.zeros((len(algebra), d, d))
        block[:, start:stop, start:stop] = algebra
        rows.append(block)
        start = stop
    return np.concatenate(rows)


def conjugated(basis: Generators, frame: npt.NDArray[np.float64]) -> Generators:
    """A⁻¹ 𝔤 A, the algebra of f(Ax) if 𝔤 is that of f: shape (k, d, d).

    frame   A (d, d); raises numpy.linalg.LinAlgError if it is singular
    """
    return np.asarray(np.linalg.solve(frame, basis @ frame))


def random_frame(d: int, condition: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """A random A (d, d) with that condition number: U diag(s) V, Haar rotations, s geometric and of product 1."""
    scales = np.geomspace(1.0, condition, d) / np.sqrt(condition) if d > 1 else np.ones(1)
    left, right = (np.linalg.qr(rng.standard_normal((d, d)))[0] for _ in range(2))
    return np.asarray(left @ np.diag(scales) @ right)
