"""Polynomials of vectors: quadratics of rising generality, full polynomials, and their fits.

Coordinates are such that vectors have second moment 1 (`algebra.label_spread.moment_frame`): homogeneous forms of x
stay homogeneous, and monomials are of order 1.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from symbench.discovery.shared.polynomial_method import DEGREE, MOST_TERMS
from symbench.discovery.shared.ridge import RidgeFit, ridge_fit

FloatArray = npt.NDArray[np.float64]


class Fitted(Protocol):
    """A fitted function of events (N, P, s); `terms` is the number of its coefficients."""

    @property
    def terms(self) -> int: ...

    @property
    def left_out(self) -> FloatArray:
        """Leave-one-out errors (N,) of the fitted events."""

    def __call__(self, x: FloatArray) -> FloatArray:
        """Values (N,)."""

    def gradient(self, x: FloatArray) -> FloatArray:
        """∇_p f (N, P, s)."""


@dataclass(frozen=True)
class FittedQuadratic:
    """f(x) = xᵀQx + b·x + c of events as vectors of P·s components, Q symmetric.

    terms      number of fitted coefficients
    left_out   (N,) leave-one-out errors of the fit
    """

    form: FloatArray
    linear: FloatArray
    constant: float
    terms: int
    left_out: FloatArray

    def __call__(self, x: FloatArray) -> FloatArray:
        flat = x.reshape(len(x), -1)
        return np.asarray(np.sum(flat @ self.form * flat, axis=1) + flat @ self.linear + self.constant)

    def gradient(self, x: FloatArray) -> FloatArray:
        flat = x.reshape(len(x), -1)
        return np.asarray((2 * flat @ self.form + self.linear).reshape(x.shape))


def fit_quadratic(x: FloatArray, y: FloatArray) -> FittedQuadratic:
    """The quadratic of smallest leave-one-out error for events x (N, P, s), of the smallest family that ties.

    Each family contains the one before it: products of the components of the sum of an event's vectors; with linear
    terms; products within each vector as well, the same for each; all products, across vectors as well. Families with
    more terms than events, but for the smallest, are not tried.
    """
    best: FittedQuadratic | None = None
    for features, assemble in quadratic_families(x):
        if best is not None and (features.shape[1] >= len(y) or _is_exact(best.left_out, y)):
            break
        found = ridge_fit(features, y)
        if best is None or found.loss < _BETTER * float(np.mean(best.left_out**2)):
            form, linear = assemble(found.coefficients)
            best = FittedQuadratic(form, linear, found.constant, features.shape[1], found.left_out)
    assert best is not None
    return best


_BETTER = 0.9  # a larger family is to reduce the mean squared error by a tenth at least

_EXACT = 1e-8  # of the label's spread: below such errors a larger family only fits their rounding


def _is_exact(errors: FloatArray, y: FloatArray) -> bool:
    return float(np.mean(errors**2)) < _EXACT**2 * float(np.var(y))


Assemble = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


def quadratic_families(x: FloatArray) -> list[tuple[FloatArray, Assemble]]:
    """Features (N, m) of each family, the smallest first, and the map from their coefficients to Q and b."""
    n, vectors, s = x.shape
    total, flat, size = x.sum(axis=1), x.reshape(n, -1), vectors * s
    pairs = s * (s + 1) // 2
    everywhere = np.ones((vectors, vectors))
    sums, none = products(total), np.zeros(size)

    def spread(form: FloatArray, pattern: FloatArray) -> FloatArray:
        return np.asarray(np.kron(pattern, form), dtype=np.float64)

    def of_sum(c: FloatArray) -> tuple[FloatArray, FloatArray]:
        return spread(symmetric(c, s), everywhere), none

    def of_sum_linear(c: FloatArray) -> tuple[FloatArray, FloatArray]:
        return spread(symmetric(c[:pairs], s), everywhere), np.tile(c[pairs:], vectors)

    def of_each(c: FloatArray) -> tuple[FloatArray, FloatArray]:
        form, linear = of_sum_linear(c[: pairs + s])
        return form + spread(symmetric(c[pairs + s :], s), np.eye(vectors)), linear

    def of_all(c: FloatArray) -> tuple[FloatArray, FloatArray]:
        return symmetric(c[size:], size), c[:size]

    families: list[tuple[FloatArray, Assemble]] = [(sums, of_sum), (np.hstack([sums, total]), of_sum_linear)]
    if vectors > 1:
        each = np.sum([products(x[:, p]) for p in range(vectors)], axis=0)
        families += [(np.hstack([sums, total, each]), of_each), (np.hstack([flat, products(flat)]), of_all)]
    return families


def products(x: FloatArray) -> FloatArray:
    """xᵢxⱼ for i ≤ j of x (N, s): shape (N, s(s + 1)/2)."""
    rows, columns = np.triu_indices(x.shape[1])
    return np.asarray(x[:, rows] * x[:, columns])


def symmetric(coefficients: FloatArray, s: int) -> FloatArray:
    """Q (s, s) with xᵀQx = Σ cᵢⱼ xᵢxⱼ over i ≤ j."""
    half = np.zeros((s, s))
    half[np.triu_indices(s)] = coefficients / 2
    return half + half.T


@dataclass(frozen=True)
class FittedPolynomial:
    """f(x) = constant + Σ c_a x^a over all monomials of an event's P·s components up to `degree`."""

    coefficients: FloatArray
    constant: float
    degree: int
    left_out: FloatArray

    @property
    def terms(self) -> int:
        return len(self.coefficients)

    def __call__(self, x: FloatArray) -> FloatArray:
        return np.asarray(monomials(x.reshape(len(x), -1), self.degree) @ self.coefficients + self.constant)

    def gradient(self, x: FloatArray) -> FloatArray:
        flat = x.reshape(len(x), -1)
        lower = np.hstack([np.ones((len(x), 1)), monomials(flat, self.degree - 1)])
        return np.asarray((lower @ self._slopes(flat.shape[1])).reshape(x.shape))

    def _slopes(self, n: int) -> FloatArray:
        """(1 + m′, n): the coefficients of ∂f/∂xᵢ over 1 and the monomials up to degree − 1."""
        place = {term: row for row, term in enumerate([(), *all_terms(n, self.degree - 1)])}
        slopes = np.zeros((len(place), n))
        for value, term in zip(self.coefficients, all_terms(n, self.degree), strict=True):
            for i in set(term):
                rest = list(term)
                rest.remove(i)
                slopes[place[tuple(rest)], i] += term.count(i) * value
        return slopes


def all_terms(n: int, degree: int) -> list[tuple[int, ...]]:
    """The monomials of n variables of degree 1 to `degree`, each as its rising factors: (0, 0, 2) is x₀²x₂."""
    variables = range(n)
    return [t for k in range(1, degree + 1) for t in itertools.combinations_with_replacement(variables, k)]


def term_count(n: int, degree: int) -> int:
    """The number of monomials of n variables of degree 1 to `degree`."""
    return math.comb(n + degree, degree) - 1


def monomials(x: FloatArray, degree: int) -> FloatArray:
    """Values (N, m) of `all_terms` at x (N, n)."""
    first = [x[:, i : i + 1] for i in range(x.shape[1])]
    last, blocks = first, [np.zeros((len(x), 0)), *first]
    for _ in range(1, degree):
        # Terms whose first factor is i: xᵢ times those of one degree less whose factors are i or later.
        last = [factor * np.hstack(last[i:]) for i, factor in enumerate(first)]
        blocks += last
    return np.hstack(blocks if degree else blocks[:1])


def fit_polynomial(x: FloatArray, y: FloatArray, *, degree: int, most_terms: int) -> FittedPolynomial:
    """The polynomial of smallest leave-one-out error for events x (N, P, s), of degree 1 to `degree`.

    Degrees with more than `most_terms` terms are not tried, except 1. A higher degree is to reduce the mean squared
    error by a tenth at least.
    """
    flat = x.reshape(len(x), -1)
    best: tuple[int, RidgeFit] | None = None
    for k in range(1, degree + 1):
        if best is not None and (term_count(flat.shape[1], k) > most_terms or _is_exact(best[1].left_out, y)):
            break
        found = ridge_fit(monomials(flat, k), y)
        if best is None or found.loss < _BETTER * best[1].loss:
            best = k, found
    assert best is not None
    k, found = best
    return FittedPolynomial(found.coefficients, found.constant, k, found.left_out)


def fit_simplest(x: FloatArray, y: FloatArray, *, degree: int = DEGREE, most_terms: int = MOST_TERMS) -> Fitted:
    """A quadratic as of `fit_quadratic`, unless a polynomial as of `fit_polynomial` leaves a tenth less of the labels.

    A function of the sum of the vectors needs few events: the mass of four leptons is one of ten coefficients, among
    152 of a quadratic in all components.
    """
    quadratic = fit_quadratic(x, y)
    if _is_exact(quadratic.left_out, y):
        return quadratic
    polynomial = fit_polynomial(x, y, degree=degree, most_terms=most_terms)
    better = np.mean(polynomial.left_out**2) < _BETTER * np.mean(quadratic.left_out**2)
    return polynomial if better else quadratic
