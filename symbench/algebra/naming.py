"""The name of the algebra that generators span.

A name stands for an algebra up to isomorphism and has one spelling (`also_known_as` lists others): so(3), not su(2),
and so(4), not so(3)+so(3). Some names depend on the matrices, since the abstract name would say too little: a single
generator is `so(2)`, `so(1,1)`, `dilation(1)` or `abelian(1)` by the group that it generates; all matrices on Rᵈ are
`gl(d)`; rotations that commute are `so(2)+so(2)+…`, other commuting generators `abelian(k)`; and a one-dimensional
centre that generates a circle is named: su(n) with multiplication by i on R²ⁿ is `u(n)`, others are `so(2)+…`, such as
`so(2)+so(3)` on R²⊕R³, which is isomorphic to u(2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from symbench.algebra.balance import balanced
from symbench.algebra.brackets import brackets
from symbench.algebra.ideals import LARGEST_SPLIT
from symbench.algebra.invariants import Structure, analyse, is_closed
from symbench.algebra.simple import ALSO, simple_name
from symbench.algebra.subspace import orthonormal_generators

FloatArray = npt.NDArray[np.float64]

_COARSE = 0.25
_SHEAR = 0.01  # noise in the entries of a unit generator L; λ² of its eigenvalues is of the order of that
_PAIRS: dict[tuple[str, ...], str] = {
    ("so(3)", "so(3)"): "so(4)",
    ("so(2,1)", "so(2,1)"): "so(2,2)",
}


def name_of(generators: FloatArray, tolerance: float | None = None) -> str:
    """The name of the algebra that generators (k, d, d) span; `none` for k = 0.

    * semisimple: its simple ideals, the smallest first, joined by `+`, as in `so(3)+so(2,1)`; with a centre of
      dimension m, `+abelian(m)`, unless that is a circle;
    * solvable: `abelian(k)`, `so(2)+so(2)+…`, `heisenberg(2n+1)`, `e(2)`, `e(1,1)`, `aff(1)`; Heisenberg's and the last
      also with a centre;
    * `e(n)`, `e(p,q)` (rotations or Lorentz transformations with translations) and `aff(n)`;
    * `unknown(k)` if the span does not close (a closure residual above 0.2 of that of a random subspace) or is none of
      these.

    tolerance   as in `invariants.analyse`; by default 0.01 for a single generator, whose noise does not show
    """
    basis = orthonormal_generators(generators)
    k, d = len(basis), generators.shape[-1]
    if k == 0:
        return "none"
    if k == 1:
        return _name_of_line(basis[0], _SHEAR if tolerance is None else tolerance)
    if k == d * d:
        return f"gl({d})"
    if k == d * d - 1 and k > LARGEST_SPLIT and np.max(np.abs(np.trace(basis, axis1=1, axis2=2))) < 0.1:
        return f"sl({d},R)"
    if not is_closed(basis):
        return f"unknown({k})"
    found = analyse(basis, tolerance)
    if found.is_abelian and _is_torus(basis):
        return "+".join(["so(2)"] * k)
    name = _semisimple(found) if found.is_reductive and not found.is_solvable else _other(found)
    if name is None:
        return f"unknown({k})"
    return _with_circle(name, basis) if found.centre == 1 and found.levi and found.is_reductive else name


def _semisimple(found: Structure) -> str | None:
    """The simple ideals and the centre; None if an ideal is not in the table or the dimensions do not add up."""
    names = [simple_name(ideal) for ideal in found.ideals]
    if sum(ideal.dimension for ideal in found.ideals) != found.levi or found.derived_series[-1] != found.levi:
        return None
    if not names or any(name is None for name in names):
        return None
    known = tuple(name for name in names if name is not None)
    name = _PAIRS.get(known, "+".join(known))
    return f"{name}+abelian({found.centre})" if found.centre else name


def _other(found: Structure) -> str | None:
    """Solvable algebras, and those with a radical that does not commute with the rest."""
    k = found.dimension
    if found.is_abelian:
        return f"abelian({k})"
    derived = found.derived_series
    if derived == (k, 1, 0):
        # One bracket: central, and then Heisenberg's on what is not centre, or not, and then that of x ↦ ax + b.
        if found.is_nilpotent:
            return _with_centre(f"heisenberg({k - found.centre + 1})", found.centre - 1)
        return _with_centre("aff(1)", found.centre) if k - found.centre == 2 else None
    if k == 3 and derived == (3, 2, 0) and found.unimodular and found.centre == 0:
        # ad of the third generator is traceless on the plane: a rotation or a squeeze, by the sign of its square.
        return {(0, 1, 2): "e(2)", (1, 0, 2): "e(1,1)"}.get(found.killing)
    return _affine(found)


def _with_centre(name: str, centre: int) -> str:
    return f"{name}+abelian({centre})" if centre else name


def _is_torus(basis: FloatArray) -> bool:
    """Whether commuting generators preserve a positive form: in the frame in which it is 1 they are antisymmetric."""
    frame, _ = balanced(basis)
    symmetric = (frame + np.swapaxes(frame, 1, 2)).reshape(len(frame), -1) / 2
    return float(np.linalg.norm(symmetric, 2)) < _COARSE


def _affine(found: Structure) -> str | None:
    """so(p,q) or gl(n) with translations."""
    n, names = found.radical, tuple(simple_name(ideal) or "" for ideal in found.ideals)
    levi = _PAIRS.get(names, names[0]) if len(names) in (1, 2) else ""
    if found.centre or found.is_solvable:
        return None
    if levi.startswith("so(") and found.radical_series == (n, 0) and found.levi == n * (n - 1) // 2:
        # Vectors, and not another representation of this size: K = (n − 2) tr (so(1,3) has Weyl spinors as well).
        vectors = abs(found.action_index - (n - 2)) < 0.2 * (n - 2)
        return "e" + levi.removeprefix("so") if vectors and found.unimodular else None
    n -= 1
    linear = {"so(2,1)": 2, "so(3,3)": 4}.get(levi) or (int(levi[3:-3]) if levi.startswith("sl(") else 0)
    fits = linear == n and levi.endswith(("R)", ",1)", ",3)"))
    return f"aff({n})" if fits and found.radical_series == (n + 1, n, 0) and not found.unimodular else None


def _with_circle(name: str, basis: FloatArray) -> str:
    """The name; with a centre that generates a circle, `u(n)` or `so(2)+…`."""
    frame, _ = balanced(basis)
    # The centre is the direction of smallest brackets.
    left = np.linalg.svd(brackets(frame).reshape(len(frame), -1), full_matrices=False)[0]
    line = np.einsum("k,kab->ab", left[:, -1], frame)
    if _name_of_line(line, _SHEAR) != "so(2)":
        return name
    n, odd = divmod(line.shape[0], 2)
    simple = name.removesuffix("+abelian(1)")
    square = line @ line
    mean = float(np.trace(square)) / line.shape[0]
    complex_structure = np.linalg.norm(square / mean - np.eye(len(square))) < _COARSE * np.sqrt(len(square))
    special = {2: "so(3)", 4: "so(6)"}.get(n, f"su({n})")
    return f"u({n})" if not odd and complex_structure and simple == special else f"so(2)+{simple}"


def _name_of_line(generator: FloatArray, tolerance: float) -> str:
    """The name of a single generator by the group that it generates, which its eigenvalues determine.

    A rotation in a frame of condition number κ is a shear up to an entry of 1/κ², so noise of that size hides it.
    """
    d = len(generator)
    part = np.trace(generator) / d * np.eye(d)
    if np.linalg.norm(generator - part) <= _COARSE * np.linalg.norm(part):
        return "dilation(1)"
    values = np.linalg.eigvals(generator)
    largest = float(np.max(np.abs(values)))
    if largest**2 < tolerance:  # ‖L‖ = 1: nilpotent, a shear
        return "abelian(1)"
    if np.max(np.abs(values.real)) <= 0.1 * largest:
        return "so(2)"
    if np.max(np.abs(values.imag)) <= 0.1 * largest and abs(np.trace(generator)) <= 0.1 * largest:
        return "so(1,1)"
    return "abelian(1)"


def also_known_as(name: str) -> tuple[str, ...]:
    """Other names of an algebra that `name_of` names: common names of isomorphic algebras.

    >>> also_known_as("so(1,3)")
    ('sl(2,C)', 'so(3,C)')
    """
    return ALSO.get(name, ())


def most_common_name(samples: Iterable[FloatArray]) -> tuple[str, float]:
    """The most frequent name of samples of generators (bootstrap, folds or seeds), and its share."""
    counts = Counter(name_of(generators) for generators in samples)
    if not counts:
        raise ValueError("a name needs at least one sample of generators")
    name, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    return name, count / counts.total()
