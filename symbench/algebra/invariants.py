"""The invariants of the algebra that generators span, independent of its basis."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from symbench.algebra.balance import balanced
from symbench.algebra.brackets import brackets, closure_residual, killing_form, structure_constants
from symbench.algebra.ideals import (
    LARGEST_SPLIT,
    SimpleIdeal,
    centre,
    quotient,
    radical_and_complement,
    series,
    simple_ideals,
)
from symbench.algebra.subspace import orthonormal_generators

FloatArray = npt.NDArray[np.float64]

CLOSED = 0.2  # share of a random subspace's closure residual up to which a span counts as closed
_COMMUTING = 0.1  # largest quadratic mean of ‖[Lᵢ, Lⱼ]‖ of unit generators at which all brackets may be noise
_EXACT, _COARSE = 1e-6, 0.25


@dataclass(frozen=True)
class Structure:
    """The invariants by which an algebra is recognised.

    dimension        k
    closure          closure residual in [0, 1], in the original coordinates
    killing          numbers of positive, negative and vanishing eigenvalues of the Killing form
    derived_series   dimensions of g ⊇ [g, g] ⊇ …, until they repeat
    lower_central_series   dimensions of g ⊇ [g, g] ⊇ [g, [g, g]] ⊇ …, until they repeat
    centre           dimension of the centre
    radical          dimension of the largest solvable ideal
    radical_series   derived series of the radical
    ideals           simple ideals of g/radical, which is isomorphic to the Levi subalgebra
    unimodular       whether tr ad x = 0 for every x
    action_index     K(x, y)/tr(x y on the radical) over g/radical, for an abelian radical; n − 2 for the vectors of
                     so(p, q), 0 if it does not exist
    """

    dimension: int
    closure: float
    killing: tuple[int, int, int]
    derived_series: tuple[int, ...]
    centre: int
    lower_central_series: tuple[int, ...] = ()
    radical: int = 0
    radical_series: tuple[int, ...] = (0,)
    ideals: tuple[SimpleIdeal, ...] = field(default=())
    unimodular: bool = True
    action_index: float = 0.0

    @property
    def levi(self) -> int:
        """Dimension of the semisimple part g/radical."""
        return self.dimension - self.radical

    @property
    def rank(self) -> int:
        """Dimension of a Cartan subalgebra of the semisimple part."""
        return sum(ideal.rank for ideal in self.ideals)

    @property
    def is_solvable(self) -> bool:
        return self.derived_series[-1] == 0

    @property
    def is_nilpotent(self) -> bool:
        return self.lower_central_series[-1] == 0

    @property
    def is_abelian(self) -> bool:
        return self.centre == self.dimension

    @property
    def is_reductive(self) -> bool:
        """A direct sum of simple ideals and the centre."""
        return self.radical == self.centre


def analyse(generators: FloatArray, tolerance: float | None = None) -> Structure:
    """The structure of the span of generators (k, d, d), read in the frame of `balance.balanced`.

    tolerance   relative: singular values and eigenvalues of the Killing form below tolerance times the largest count as
                zero. By default five times the closure residual, a measure of the noise in the generators, between
                1e-6 for exact algebras and 0.25
    """
    start = orthonormal_generators(generators)
    k, closure = len(start), closure_residual(start)
    if commutes(start):
        return _abelian(k, closure)
    basis, _ = balanced(start)
    if tolerance is None:
        tolerance = noise_tolerance(basis)
    constants = structure_constants(basis)
    # ad: Lᵢ ↦ c[i]; the largest ‖[a, b]‖ of unit a and b sets the scale below which brackets count as noise.
    scale = float(np.linalg.norm(constants.reshape(k, -1), 2))
    bound = tolerance * scale
    radical, complement = radical_and_complement(constants, bound, tolerance)
    inside = quotient(constants, radical)
    levi = quotient(constants, complement)
    return Structure(
        dimension=k,
        closure=closure,
        killing=_killing_signature(constants, tolerance),
        derived_series=series(constants, bound, central=False),
        centre=len(centre(constants, bound)),
        lower_central_series=series(constants, bound, central=True),
        radical=len(radical),
        radical_series=series(inside, bound, central=False),
        ideals=tuple(simple_ideals(levi)) if 0 < len(levi) <= LARGEST_SPLIT else (),
        unimodular=bool(np.linalg.norm(np.einsum("iaa->i", constants)) <= bound * np.sqrt(k)),
        action_index=_action_index(constants, radical, complement, levi),
    )


def noise_tolerance(generators: FloatArray) -> float:
    """Five times the closure residual, between 1e-6 and 0.25: the relative size that noise gives to a zero."""
    return float(np.clip(5 * closure_residual(generators), _EXACT, _COARSE))


def commutes(basis: FloatArray) -> bool:
    """Whether an orthonormal basis (k, d, d) commutes up to noise.

    The quadratic mean of ‖[Lᵢ, Lⱼ]‖ is √(2/d) for random unit matrices. Below 0.1 the brackets count as noise if they
    are outside of the span as random matrices are; the brackets of an algebra, however few, are in it.
    """
    k, d = len(basis), basis.shape[-1]
    if k < 2:
        return True
    mean = float(np.sqrt(np.sum(brackets(basis) ** 2) / (k * (k - 1))))
    return mean < 1e-9 or (mean < _COMMUTING and closure_residual(basis) > 0.5 * np.sqrt(1 - k / d**2))


def is_closed(generators: FloatArray) -> bool:
    """Whether the span is an algebra up to noise: a residual below a fifth of a random span's, or no brackets."""
    basis = orthonormal_generators(generators)
    bound = CLOSED * np.sqrt(1 - len(basis) / generators.shape[-1] ** 2)
    return closure_residual(basis) <= bound + 1e-9 or commutes(basis)


def _abelian(k: int, closure: float) -> Structure:
    falling = (k, 0) if k else (0,)
    return Structure(k, closure, (0, 0, k), falling, k, falling, k, falling)


def _killing_signature(constants: FloatArray, tolerance: float) -> tuple[int, int, int]:
    """The signature; eigenvalues below tolerance times the largest, or the mean of tr(ad x (ad x)ᵀ), count as zero."""
    values = np.linalg.eigvalsh(killing_form(constants))
    k = len(values)
    bound = tolerance * max(float(np.max(np.abs(values))), float(np.sum(constants**2)) / k)
    positive, negative = int(np.sum(values > bound)), int(np.sum(values < -bound))
    return positive, negative, k - positive - negative


def _action_index(constants: FloatArray, radical: FloatArray, complement: FloatArray, levi: FloatArray) -> float:
    """The least-squares factor between K of g/radical and the trace form of its action on the radical."""
    if not len(radical) or not len(complement):
        return 0.0
    action = np.einsum("ai,rj,ijl,sl->ars", complement, radical, constants, radical, optimize=True)
    trace = np.einsum("ars,bsr->ab", action, action)
    form = killing_form(levi)
    size = float(np.sum(trace**2))
    return float(np.sum(trace * form)) / size if size > 1e-12 * float(np.sum(form**2)) else 0.0
