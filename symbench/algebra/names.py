"""Algebras by name: the grammar of `named_algebra`.

```
name    = term { "+" term } [ "+dilation" ]        spaces are ignored, ⊕ is +
term    = family "(" number [ "," number | ",R" | ",C" ] ")" | "g2"
```
Each term acts on its own space, so that a sum is block-diagonal: `so(2)+so(3)` acts on R²⊕R³, and
`so(1,3)+dilation(4)` on R⁸. Exception: a final `dilation` without parentheses scales the whole space, so that
`so(1,3)+dilation` acts on R⁴. The space of each term, and its dimension k:

| term | acts on | k |
| --- | --- | --- |
| `so(n)`, `so(p,q)` | Rⁿ, preserves diag(+1 × p, −1 × q) | n(n−1)/2 |
| `gl(n)`, `sl(n)` (also `,R`) | Rⁿ | n², n² − 1 |
| `gl(n,C)`, `sl(n,C)` | Cⁿ as (Re z, Im z) ∈ R²ⁿ | 2n², 2n² − 2 |
| `u(n)`, `su(n)` | Cⁿ as (Re z, Im z) ∈ R²ⁿ | n², n² − 1 |
| `sp(2n)` (also `,R`) | (q, p) ∈ R²ⁿ: the number is that of the space, and even | n(2n + 1) |
| `g2` | R⁷, preserves the three-form of the octonions | 14 |
| `heisenberg(2n+1)` | Rⁿ⁺²: the number is k, odd | 2n + 1 |
| `e(n)`, `e(p,q)` | (x, 1) ∈ Rⁿ⁺¹: so(n) or so(p,q), and translations | n(n+1)/2 |
| `aff(n)` | (x, 1) ∈ Rⁿ⁺¹: gl(n) and translations | n² + n |
| `translations(n)` | (x, 1) ∈ Rⁿ⁺¹ | n |
| `diagonal(n)`, `dilation(n)`, `none(n)` | Rⁿ | n, 1, 0 |

These names stand for matrices. `structure.name_of` returns names of abstract algebras: `abelian(2)` for both
`translations(2)` and `diagonal(2)`; it is not a name of matrices.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from symbench.algebra import bases
from symbench.algebra.bases import Generators
from symbench.errors import UnknownNameError

_TERM = re.compile(r"^([a-z]+)\((\d+)(?:,(\d+|R|C))?\)$")

KNOWN = (
    "so(n)",
    "so(p,q)",
    "sl(n)",
    "sl(n,R)",
    "sl(n,C)",
    "gl(n)",
    "gl(n,R)",
    "gl(n,C)",
    "u(n)",
    "su(n)",
    "sp(2n)",
    "sp(2n,R)",
    "g2",
    "heisenberg(2n+1)",
    "e(n)",
    "e(p,q)",
    "aff(n)",
    "translations(n)",
    "diagonal(n)",
    "dilation(n)",
    "none(n)",
    "so(1,3)+dilation",
    "so(2)+so(3)",
)

_OF_ONE: dict[str, Callable[[int], Generators]] = {
    "gl": bases.gl,
    "sl": bases.sl,
    "u": bases.u,
    "su": bases.su,
    "aff": lambda n: bases.affine(bases.gl(n)),
    "translations": bases.translations,
    "diagonal": bases.diagonal,
    "dilation": bases.dilation,
    "none": bases.nothing,
}
_OF_SIGNATURE: dict[str, Callable[[int, int], Generators]] = {
    "so": bases.so,
    "e": lambda p, q: bases.affine(bases.so(p, q)),
}


def named_algebra(name: str) -> Generators:
    """The standard algebra of this name, (k, d, d); raises UnknownNameError.

    >>> named_algebra("so(1,3)").shape
    (6, 4, 4)
    >>> named_algebra("so(1,3)+dilation").shape
    (7, 4, 4)
    """
    terms = re.sub(r"\s", "", name).replace("⊕", "+").split("+")
    scaled = len(terms) > 1 and terms[-1] == "dilation"
    basis = bases.direct_sum([_term(term, name) for term in (terms[:-1] if scaled else terms)])
    return np.concatenate([basis, bases.dilation(basis.shape[-1])]) if scaled else basis


def _term(term: str, name: str) -> Generators:
    if term == "g2":
        return bases.g2()
    match = _TERM.match(term)
    basis = None if match is None else _family(match[1], int(match[2]), match[3])
    if basis is None:
        raise UnknownNameError("algebra", name, KNOWN)
    return basis


def _family(family: str, n: int, second: str | None) -> Generators | None:
    if family in _OF_SIGNATURE:
        q = int(second) if second is not None and second.isdigit() else 0
        return _OF_SIGNATURE[family](n, q) if n + q >= 1 and second not in ("R", "C") else None
    if n < 1 or (second is not None and second.isdigit()):
        return None
    if family in ("gl", "sl") and second is not None:
        real = _OF_ONE[family](n)
        return bases.complexified(real) if second == "C" else real
    if family == "sp" and second != "C":
        return bases.sp(n // 2) if n % 2 == 0 else None
    if second is not None:
        return None
    if family == "heisenberg":
        return bases.heisenberg(n // 2) if n % 2 and n >= 3 else None
    return _OF_ONE[family](n) if family in _OF_ONE else None
