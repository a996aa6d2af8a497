"""Standard matrix Lie algebras: bases as arrays (k, d, d), and their look-up by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from symbench.errors import UnknownNameError

Generators = npt.NDArray[np.float64]

_TERM = re.compile(r"^([a-z]+)(?:\((\d+)(?:,(\d+))?\))?$")
_KNOWN = ("so(n)", "so(p,q)", "sl(n)", "gl(n)", "dilation(n)", "none(n)", "so(1,3)+dilation", "so(2)+so(3)")


def minkowski(p: int, q: int) -> npt.NDArray[np.float64]:
    """The metric diag(+1 × p, −1 × q), shape (p + q, p + q)."""
    return np.diag([1.0] * p + [-1.0] * q)


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
    return np.array(off + diagonal)


def dilation(n: int) -> Generators:
    """The line spanned by the identity: shape (1, n, n)."""
    return np.eye(n)[None]


def nothing(n: int) -> Generators:
    """The zero algebra on Rⁿ: shape (0, n, n)."""
    return np.zeros((0, n, n))


def direct_sum(algebras: Sequence[Generators]) -> Generators:
    """Each algebra on a space of its own: block-diagonal, shape (Σ k, Σ d, Σ d)."""
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


_FAMILIES: dict[str, Callable[[int], Generators]] = {
    "gl": gl,
    "sl": sl,
    "dilation": dilation,
    "none": nothing,
}


def named_algebra(name: str) -> Generators:
    """The standard algebra of this name, (k, d, d); raises UnknownNameError.

    Names are `so(3)`, `so(1,3)`, `sl(2)`, `gl(2)`, `dilation(4)`, `none(4)`; terms joined by `+` act on spaces of
    their own (`so(2)+so(3)` on R⁵), except a last bare `dilation`, which scales all of the space
    (`so(1,3)+dilation` on R⁴).

    >>> named_algebra("so(1,3)").shape
    (6, 4, 4)
    >>> named_algebra("so(1,3)+dilation").shape
    (7, 4, 4)
    """
    terms = re.sub(r"\s", "", name).replace("⊕", "+").split("+")
    scaled = len(terms) > 1 and terms[-1] == "dilation"
    basis = direct_sum([_term(term, name) for term in (terms[:-1] if scaled else terms)])
    return np.concatenate([basis, dilation(basis.shape[-1])]) if scaled else basis


def _term(term: str, name: str) -> Generators:
    match = _TERM.match(term)
    if match is None or match[2] is None:
        raise UnknownNameError("algebra", name, _KNOWN)
    family, p, q = match[1], int(match[2]), int(match[3] or 0)
    if p + q < 1 or (family != "so" and match[3] is not None):
        raise UnknownNameError("algebra", name, _KNOWN)
    if family == "so":
        return so(p, q)
    if family not in _FAMILIES:
        raise UnknownNameError("algebra", name, _KNOWN)
    return _FAMILIES[family](p)
