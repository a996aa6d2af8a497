"""Tensor representations of a matrix group, and the invariant tensors that equivariant layers are made of.

A group is given by generators of its Lie algebra and by discrete elements, all d × d. A tensor with q upper and p lower
indices is an element of V^{⊗q} ⊗ V*^{⊗p}. There g acts as ρ(g) = g^{⊗q} ⊗ (g⁻ᵀ)^{⊗p}, and A of the Lie algebra
as dρ(A), the sum over the indices of A on an upper and −Aᵀ on a lower one. An invariant tensor is an equivariant linear
map T_p → T_q, and the null space of

    C = Σ_k dρ(A_k)ᵀ dρ(A_k) + Σ_h (ρ(h) − 1)ᵀ (ρ(h) − 1)

contains all of them (Finzi, Welling, Wilson, arXiv:2104.09459, section 4). The A_k are an orthonormal basis of the
span, so that C does not depend on the basis that a discovery returned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.algebra.subspace import orthonormal_generators

Floats = npt.NDArray[np.float64]

LEAST_GAP = 3.0
"""The least ratio between the residuals of the first tensor that is no invariant and of the last that is one.

Residuals are compared with that of a random vector, s = √(tr C/d), so that neither the number of generators nor their
size matters: an invariant has at most s/9, two such gaps below. If there is none, the first residual is compared with
this largest one.
"""

_ROUNDING = 1e-7  # relative residual √λ of exact invariants
_DENSE = 1500  # size of C up to which all eigenvalues are computed
_LOWEST = 96  # eigenvalues that are computed otherwise
_LARGEST = 5000


@dataclass(frozen=True, eq=False)
class MatrixGroup:
    """Generators (k, d, d) of the Lie algebra, and discrete elements (m, d, d)."""

    lie: Floats
    discrete: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))

    def __post_init__(self) -> None:
        object.__setattr__(self, "lie", np.asarray(self.lie, dtype=np.float64))
        discrete = np.asarray(self.discrete, dtype=np.float64)
        object.__setattr__(self, "discrete", discrete if discrete.size else np.zeros((0, *self.lie.shape[1:])))
        if self.lie.ndim != 3 or self.lie.shape[1] != self.lie.shape[2]:
            raise ValueError(f"generators of shape {self.lie.shape} are not (k, d, d)")
        if self.discrete.shape[1:] != self.lie.shape[1:]:
            raise ValueError(f"generators of shape {self.lie.shape}, discrete elements of {self.discrete.shape}")

    @property
    def dimension(self) -> int:
        """d of the vectors that the group acts on."""
        return int(self.lie.shape[1])

    @cached_property
    def basis(self) -> Floats:
        """An orthonormal basis of the Lie algebra times √2: rotations by 1 rad, boosts by rapidity 1."""
        return np.sqrt(2.0) * orthonormal_generators(self.lie) if len(self.lie) else self.lie

    @cached_property
    def vector_residual(self) -> float:
        """√(tr C/d) of vectors: the root mean square change of a random unit vector; √(d − 1) for so(d)."""
        total = float(np.sum(self.basis**2)) + float(np.sum((self.discrete - np.eye(self.dimension)) ** 2))
        return float(np.sqrt(total / self.dimension))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the generators; invariants are cached under it."""
        sha = hashlib.sha256()
        for array in (self.lie, self.discrete):
            sha.update(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()


@dataclass(frozen=True, eq=False)
class Invariants:
    """The invariant tensors of V^{⊗q} ⊗ V*^{⊗p}, as maps T_p → T_q.

    maps        (r, d^q, d^p), orthonormal in the Frobenius product
    residuals   √λ of C in ascending order (the lowest ones, if C is large): the first r are those of `maps`
    gap         the ratio of residuals at the cut; without an invariant, see `cut`
    """

    maps: Floats
    residuals: Floats
    gap: float

    def __len__(self) -> int:
        return len(self.maps)


def orthogonal(p: int, q: int = 0, *, special: bool = False) -> MatrixGroup:
    """O(p, q): so(p, q) with the reflections of the first and, if q > 0, of the last coordinate; special: so alone."""
    from symbench.algebra.bases import so

    reflections = [np.diag([-1.0] + [1.0] * (p + q - 1))] + ([np.diag([1.0] * (p + q - 1) + [-1.0])] if q else [])
    return MatrixGroup(so(p, q), np.zeros((0, p + q, p + q)) if special else np.array(reflections))


def tensor_power(element: Floats, rank: int) -> Floats:
    """g^{⊗rank} of elements (…, d, d): (…, d^rank, d^rank); the first index is the slowest."""
    power = np.ones((*element.shape[:-2], 1, 1))
    for _ in range(rank):
        n = power.shape[-1] * element.shape[-1]
        power = np.einsum("...ij,...kl->...ikjl", power, element).reshape(*element.shape[:-2], n, n)
    return power


def tensor_derivative(generator: Floats, rank: int) -> Floats:
    """dρ(A) on T_rank of generators (…, d, d): (…, d^rank, d^rank), the sum of A on each index."""
    d = generator.shape[-1]
    total = np.zeros((*generator.shape[:-2], d**rank, d**rank))
    for slot in range(rank):
        left, right = np.eye(d**slot), np.eye(d ** (rank - slot - 1))
        n = d**rank
        total += np.einsum("ab,...ij,xy->...aixbjy", left, generator, right).reshape(*generator.shape[:-2], n, n)
    return total


def direct_sum_power(elements: Floats, ranks: Sequence[int]) -> Floats:
    """ρ(g) on a sum of tensors, one after the other, of elements (N, d, d): (N, D, D)."""
    return _blocks([tensor_power(elements, rank) for rank in ranks])


def direct_sum_derivative(generator: Floats, ranks: Sequence[int]) -> Floats:
    """dρ(A) on a sum of tensors, one after the other, of one generator (d, d): (D, D)."""
    return np.asarray(_blocks([tensor_derivative(generator[None], rank) for rank in ranks])[0])


def _blocks(parts: Sequence[Floats]) -> Floats:
    """Block-diagonal matrices (N, D, D) of parts (N, n, n) with Σ n = D."""
    size, start = sum(part.shape[-1] for part in parts), 0
    whole = np.zeros((len(parts[0]), size, size))
    for part in parts:
        stop = start + part.shape[-1]
        whole[:, start:stop, start:stop] = part
        start = stop
    return whole


def block_diagonal(first: Floats, second: Floats) -> Floats:
    """Pairs of matrices (k, a, a) and (k, b, b), such as generators and their representations: (k, a + b, a + b)."""
    return _blocks([first, second])


def invariants(group: MatrixGroup, q: int, p: int = 0) -> Invariants:
    """The equivariant linear maps T_p → T_q of a group; cached under its digest.

    The count is cut at the largest gap of the residuals. Raises ValueError if that gap is below LEAST_GAP, which means
    that the generators are too inexact for the question, and if the tensors are too large.
    """
    known = _CACHE.get((group.digest, q, p))
    if known is None:
        known = _solve(group, q, p)
        if len(_CACHE) >= _MOST_CACHED:
            _CACHE.clear()
        _CACHE[group.digest, q, p] = known
    return known


_CACHE: dict[tuple[str, int, int], Invariants] = {}
_MOST_CACHED = 512


def _solve(group: MatrixGroup, q: int, p: int) -> Invariants:
    d, n = group.dimension, group.dimension ** (q + p)
    if n > _LARGEST:
        raise ValueError(f"tensors of rank {q + p} in {d} dimensions have {n} components: use lower ranks")
    if n == 1:
        return Invariants(np.ones((1, 1, 1)), np.zeros(1), np.inf)
    values, vectors = _lowest(_quadratic_form(group, q, p))
    residuals = np.sqrt(np.maximum(values, 0.0))
    count, gap = cut(residuals, group.vector_residual)
    if gap < LEAST_GAP:
        raise ValueError(
            f"the invariants of rank {q + p} cannot be counted: the largest gap of the residuals is a factor "
            f"{gap:.2g}, and {LEAST_GAP:g} is required; the generators are too inexact"
        )
    if count == len(residuals) < n:
        raise ValueError(f"the group has more than {count} invariants of rank {q + p}: use lower ranks")
    return Invariants(vectors[:, :count].T.reshape(count, d**q, d**p).copy(), residuals, gap)


def cut(residuals: Floats, scale: float) -> tuple[int, float]:
    """The number of invariants, and the gap, of residuals in ascending order.

    The gap is the largest ratio of successive residuals, among cuts below which all residuals are at most
    scale/LEAST_GAP²; no invariant is the cut before the first residual, with the ratio to that bound.

    scale   the root mean square residual of vectors (`MatrixGroup.vector_residual`)
    """
    floor = max(_ROUNDING * float(residuals[-1]), 1e-300)
    bound = max(scale / LEAST_GAP**2, floor)
    levels = np.maximum(residuals, floor)
    possible = [(float(levels[0] / bound), 0)]
    for index in range(1, len(levels) + 1):
        if levels[index - 1] > bound:
            break
        above = levels[index] if index < len(levels) else max(scale, float(levels[-1]), floor / _ROUNDING)
        possible.append((float(above / levels[index - 1]), index))
    gap, count = max(possible)
    return count, gap


def _quadratic_form(group: MatrixGroup, q: int, p: int) -> Any:
    """C, sparse."""
    from scipy import sparse

    d, slots = group.dimension, q + p
    n = d**slots
    total = sparse.csr_matrix((n, n))
    for generator in group.basis:
        moved = sparse.csr_matrix((n, n))
        for slot in range(slots):
            factor = sparse.csr_matrix(generator if slot < q else -generator.T)
            left, right = sparse.identity(d**slot), sparse.identity(d ** (slots - slot - 1))
            moved = moved + sparse.kron(sparse.kron(left, factor), right, format="csr")
        total = total + moved.T @ moved
    for element in group.discrete:
        moved = sparse.csr_matrix(np.ones((1, 1)))
        dual = np.linalg.inv(element).T
        for slot in range(slots):
            moved = sparse.kron(moved, sparse.csr_matrix(element if slot < q else dual), format="csr")
        moved = (moved - sparse.identity(n)).tocsr()
        total = total + moved.T @ moved
    return total


def _lowest(form: Any) -> tuple[Floats, Floats]:
    """Eigenvalues in ascending order with their vectors: all of them, or the lowest of a large form.

    The latter by inverse iteration of a block: the shift is far below the first eigenvalue above zero, so that a step
    reduces the rest by many orders of magnitude.
    """
    from scipy import linalg

    dense = form.toarray()
    if len(dense) <= _DENSE:
        values, vectors = linalg.eigh(dense)
        return values, vectors
    shift = 1e-4
    factor = linalg.cho_factor(dense + shift * np.eye(len(dense)), lower=True, overwrite_a=True)
    block = np.random.default_rng(0).normal(size=(len(dense), _LOWEST))
    for _ in range(4):
        block, _ = np.linalg.qr(linalg.cho_solve(factor, block))
    values, turn = linalg.eigh(block.T @ (form @ block))
    return values, block @ turn


@lru_cache(maxsize=64)
def uniform_multiplicities(channels: int, dimension: int, max_rank: int) -> tuple[int, ...]:
    """Multiplicities m_r of tensors T_0, T_1, … with Σ m_r d^r = channels, shared as evenly as possible over the ranks.

    The rule of arXiv:2104.09459, appendix D: as long as channels are left, the highest rank whose tensors fit gets one
    tensor and each lower rank the same number of components; ranks above `max_rank` are not used.
    """
    counts = [0] * (max_rank + 1)
    while channels > 0:
        highest = max(r for r in range(max_rank + 1) if r == 0 or (r + 1) * dimension**r <= channels)
        for rank in range(highest + 1):
            counts[rank] += dimension ** (highest - rank)
        channels -= (highest + 1) * dimension**highest
    while len(counts) > 1 and counts[-1] == 0:
        counts.pop()
    return tuple(counts)
