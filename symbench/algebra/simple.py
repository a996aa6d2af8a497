"""The real simple Lie algebras up to dimension 70, each with one canonical spelling.

The list is that of S. Helgason, Differential Geometry, Lie Groups, and Symmetric Spaces, chapter X, table V.

Isomorphic algebras share a row, spelled so(p,q) with p ≤ q if possible (but so(2,1), as is usual), else sl or su, else
otherwise. `ALSO` lists other spellings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from symbench.algebra.ideals import SimpleIdeal

_LARGEST = 70
_SYMPLECTIC = 0.92  # smallest Casimir: n/(n + 1) for sp(2n), 1 and more for so


@dataclass(frozen=True)
class _Entry:
    name: str
    dimension: int
    compact: int
    is_complex: bool = False
    is_symplectic: bool = False


@cache
def _table() -> tuple[_Entry, ...]:
    rows = [*_orthogonal(), *_linear(), *_symplectic(), *_exceptional(), *_complex()]
    return tuple(row for row in rows if row.dimension <= _LARGEST)


def _orthogonal() -> list[_Entry]:
    rows = [_Entry("so(3)", 3, 3), _Entry("so(2,1)", 3, 1)]
    for n in range(5, 13):
        dimension = n * (n - 1) // 2
        for p in range(n // 2 + 1):
            name = f"so({p},{n - p})" if p else f"so({n})"
            rows.append(_Entry(name, dimension, dimension - p * (n - p)))
    # so*(8) ≅ so(2,6), so*(6) ≅ su(1,3), and so*(4) is not simple.
    rows += [_Entry(f"so*({2 * n})", n * (2 * n - 1), n * n) for n in (5, 6)]
    return rows


def _linear() -> list[_Entry]:
    rows = []
    for n in range(3, 9):
        dimension = n * n - 1
        rows.append(_Entry(f"sl({n},R)", dimension, n * (n - 1) // 2))
        for p in range(n // 2 + 1):
            name = f"su({p},{n - p})" if p else f"su({n})"
            rows.append(_Entry(name, dimension, dimension - 2 * p * (n - p)))
        if n % 2 == 0:
            rows.append(_Entry(f"su*({n})", dimension, n * (n + 1) // 2))
    return rows


def _symplectic() -> list[_Entry]:
    rows = []
    for n in range(3, 6):
        dimension = n * (2 * n + 1)
        rows.append(_Entry(f"sp({2 * n},R)", dimension, n * n, is_symplectic=True))
        for p in range(n // 2 + 1):
            name = f"usp({2 * p},{2 * (n - p)})" if p else f"usp({2 * n})"
            rows.append(_Entry(name, dimension, dimension - 4 * p * (n - p), is_symplectic=True))
    return rows


def _exceptional() -> list[_Entry]:
    return [
        _Entry("g2", 14, 14),
        _Entry("g2(2)", 14, 6),
        _Entry("f4", 52, 52),
        _Entry("f4(4)", 52, 24),
        _Entry("f4(-20)", 52, 36),
    ]


def _complex() -> list[_Entry]:
    rows = [_Entry("so(1,3)", 6, 3, is_complex=True)]
    sizes = [(f"sl({n},C)", n * n - 1, False) for n in (3, 4, 5)]
    sizes += [(f"so({n},C)", n * (n - 1) // 2, False) for n in (5, 7, 8)]
    sizes += [("sp(6,C)", 21, True), ("g2(C)", 14, False)]
    rows += [_Entry(name, 2 * size, size, is_complex=True, is_symplectic=which) for name, size, which in sizes]
    return rows


def simple_name(ideal: SimpleIdeal) -> str | None:
    """The canonical spelling; None if the algebra is not in the table.

    Dimension, maximal compact subalgebra and the existence of a complex structure determine it, except for so(2n + 1)
    and sp(2n), n ≥ 3, and their real forms, which differ in the smallest Casimir.
    """
    rows = [
        row
        for row in _table()
        if (row.dimension, row.compact, row.is_complex) == (ideal.dimension, ideal.compact, ideal.is_complex)
    ]
    if len({row.is_symplectic for row in rows}) > 1:
        rows = [row for row in rows if row.is_symplectic == (ideal.casimir < _SYMPLECTIC)]
    return rows[0].name if rows else None


ALSO: dict[str, tuple[str, ...]] = {
    "so(3)": ("su(2)", "usp(2)"),
    "so(2,1)": ("sl(2,R)", "su(1,1)", "sp(2,R)"),
    "so(4)": ("so(3)+so(3)", "su(2)+su(2)"),
    "so(1,3)": ("sl(2,C)", "so(3,C)"),
    "so(2,2)": ("so(2,1)+so(2,1)", "sl(2,R)+sl(2,R)"),
    "so(3)+so(2,1)": ("so*(4)", "su(2)+sl(2,R)"),
    "so(5)": ("usp(4)",),
    "so(1,4)": ("usp(2,2)",),
    "so(2,3)": ("sp(4,R)",),
    "so(6)": ("su(4)",),
    "so(1,5)": ("su*(4)", "sl(2,H)"),
    "so(2,4)": ("su(2,2)",),
    "so(3,3)": ("sl(4,R)",),
    "su(1,3)": ("so*(6)",),
    "so(2,6)": ("so*(8)",),
    "so(5,C)": ("sp(4,C)",),
    "sl(4,C)": ("so(6,C)",),
    "so(3)+abelian(1)": ("u(2)", "so(2)+so(3)", "su(2)+u(1)"),
    "so(2)+so(3)": ("u(2)", "so(3)+so(2)", "su(2)+u(1)"),
    "so(2,1)+abelian(1)": ("gl(2)", "u(1,1)"),
    "so(1,3)+abelian(1)": ("so(1,3)+dilation",),
    "so(1,3)+abelian(2)": ("gl(2,C)",),
    "gl(2)": ("so(2,1)+abelian(1)", "u(1,1)"),
    "u(2)": ("so(2)+so(3)", "su(2)+u(1)"),
}
