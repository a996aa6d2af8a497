"""Families of functions that are linear in their coefficients, evaluated block by block, with their gradients."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from symbench.discovery.shared.polynomial_method import DEGREE, MOST_TERMS
from symbench.discovery.shared.polynomials import (
    Fitted,
    FittedPolynomial,
    FittedQuadratic,
    fit_simplest,
    monomials,
    quadratic_families,
    term_count,
)
from symbench.discovery.shared.smooth_fit import Network

FloatArray = npt.NDArray[np.float64]
Gradient = Callable[[FloatArray], FloatArray]

_NONE: FloatArray = np.zeros(0)


class Design(Protocol):
    """Functions φ of events x (n, P, s), of which f(x) = constant + Σ c_a φ_a(x) is made."""

    @property
    def size(self) -> int:
        """K, the number of functions."""

    def features(self, x: FloatArray) -> FloatArray:
        """φ (n, K)."""

    def gradient(self, coefficients: FloatArray) -> Gradient:
        """The map from events to ∇_p f (F, n, P, s), for F rows of coefficients (F, K)."""

    def usable(self, held_out: Collection[int]) -> npt.NDArray[np.bool_]:
        """(K,) the functions that do not depend on the labels of these folds."""

    def prior(self, usable: npt.NDArray[np.bool_]) -> FloatArray:
        """(K,) coefficients that a penalty draws to, of the usable functions; 0 for others."""


@dataclass(frozen=True)
class QuadraticDesign:
    """A family of quadratics of P vectors of s components (`polynomials.quadratic_families`)."""

    family: int
    vectors: int
    components: int

    @property
    def size(self) -> int:
        return int(self.features(np.zeros((1, self.vectors, self.components))).shape[1])

    def features(self, x: FloatArray) -> FloatArray:
        return quadratic_families(x)[self.family][0]

    def gradient(self, coefficients: FloatArray) -> Gradient:
        assemble = quadratic_families(np.zeros((1, self.vectors, self.components)))[self.family][1]
        fits = [FittedQuadratic(*assemble(c), 0.0, self.size, _NONE) for c in coefficients]
        return lambda x: np.stack([fit.gradient(x) for fit in fits])

    def usable(self, held_out: Collection[int]) -> npt.NDArray[np.bool_]:
        return np.ones(self.size, dtype=np.bool_)

    def prior(self, usable: npt.NDArray[np.bool_]) -> FloatArray:
        return np.zeros(self.size)


@dataclass(frozen=True)
class MonomialDesign:
    """The monomials of all P·s components up to a degree."""

    degree: int
    variables: int

    @property
    def size(self) -> int:
        return term_count(self.variables, self.degree)

    def features(self, x: FloatArray) -> FloatArray:
        return monomials(x.reshape(len(x), -1), self.degree)

    def gradient(self, coefficients: FloatArray) -> Gradient:
        fits = [FittedPolynomial(c, 0.0, self.degree, _NONE) for c in coefficients]
        return lambda x: np.stack([fit.gradient(x) for fit in fits])

    def usable(self, held_out: Collection[int]) -> npt.NDArray[np.bool_]:
        return np.ones(self.size, dtype=np.bool_)

    def prior(self, usable: npt.NDArray[np.bool_]) -> FloatArray:
        return np.zeros(self.size)


def quadratic_designs(vectors: int, components: int) -> Iterator[Design]:
    """The families of quadratics, the smallest first."""
    families = len(quadratic_families(np.zeros((1, vectors, components))))
    return (QuadraticDesign(i, vectors, components) for i in range(families))


def polynomial_designs(
    vectors: int, components: int, *, degree: int = DEGREE, most_terms: int = MOST_TERMS, lowest: int = 1
) -> Iterator[Design]:
    """Polynomials of degree `lowest` to `degree`; those of more than `most_terms` terms are left out, except linear."""
    variables = vectors * components
    degrees = (k for k in range(lowest, degree + 1) if k == 1 or term_count(variables, k) <= most_terms)
    return (MonomialDesign(k, variables) for k in degrees)


def simplest_designs(vectors: int, components: int) -> Iterator[Design]:
    """The families of quadratics, the last of which has all terms of degree 1 and 2, and polynomials from degree 3."""
    return itertools.chain(quadratic_designs(vectors, components), polynomial_designs(vectors, components, lowest=3))


@dataclass(frozen=True)
class PolynomialFamilies:
    """Polynomials of rising generality, of which a fit takes the smallest that suffices.

    fitter    the fit to events (N, P, s), of second moment 1, and labels (N,) of spread 1, by leave-one-out errors
    designs   the same families, by the numbers of vectors and of their components, for fits from sums over events
    """

    fitter: Callable[[FloatArray, FloatArray], Fitted]
    designs: Callable[[int, int], Iterable[Design]]


SIMPLEST = PolynomialFamilies(fit_simplest, simplest_designs)
"""Quadratics, unless polynomials of higher degree leave a tenth less of the labels."""


@dataclass(frozen=True)
class BlockNetwork:
    """A network that was fitted to some events of the folds in `seen`, with inputs (N, P·s) times `scale`.

    unit   of its output, in spreads of the label
    """

    network: Network
    scale: float
    seen: frozenset[int]
    unit: float = 1.0


@dataclass(frozen=True)
class NetworkDesign:
    """The last hidden units of several networks: their outputs are sums of these."""

    networks: tuple[BlockNetwork, ...]
    device: str

    @property
    def _widths(self) -> list[int]:
        return [len(fitted.network.layers[-1][0]) for fitted in self.networks]

    @property
    def size(self) -> int:
        return sum(self._widths)

    def _flat(self, x: FloatArray) -> torch.Tensor:
        """(n, P·s); a copy, because events that were sent to this process are read-only."""
        return torch.from_numpy(np.array(x.reshape(len(x), -1))).to(self.device)

    def features(self, x: FloatArray) -> FloatArray:
        flat = self._flat(x)
        last = [fitted.network.trace(fitted.scale * flat)[1][-1] for fitted in self.networks]
        return torch.cat(last, dim=1).cpu().numpy()

    def gradient(self, coefficients: FloatArray) -> Gradient:
        parts = torch.from_numpy(coefficients).to(self.device).split(self._widths, dim=1)

        def evaluate(x: FloatArray) -> FloatArray:
            flat = self._flat(x)
            total = torch.zeros(len(coefficients), *flat.shape, dtype=flat.dtype, device=flat.device)
            for fitted, part in zip(self.networks, parts, strict=True):
                used = torch.nonzero(part.abs().amax(dim=1))[:, 0]
                slopes = fitted.network.trace(fitted.scale * flat)[2]
                g = part[used, None]
                for (weight, _), slope in zip(fitted.network.layers[-2::-1], slopes[::-1], strict=True):
                    g = (g * slope) @ weight.T
                total.index_add_(0, used, fitted.scale * g)
            return total.cpu().numpy().reshape(len(coefficients), *x.shape)

        return evaluate

    def usable(self, held_out: Collection[int]) -> npt.NDArray[np.bool_]:
        return np.repeat([not fitted.seen & set(held_out) for fitted in self.networks], self._widths)

    def prior(self, usable: npt.NDArray[np.bool_]) -> FloatArray:
        """Those of the mean of the networks that are usable."""
        own = np.concatenate([f.unit * f.network.layers[-1][0][:, 0].cpu().numpy() for f in self.networks])
        shares = np.repeat(1.0 / np.array(self._widths), self._widths)
        return np.where(usable, own / max(float(np.sum(shares[usable])), 1.0), 0.0)


def input_scale(size: float, x: FloatArray) -> float:
    """The factor of whitened inputs (N, P, s) by which an event has root mean square `size`."""
    return size / math.sqrt(x[0].size)
