"""Libraries of functions of a state, with their gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.data.samples import ConservedQuantities
from symbench.metrics.conservation import Frame

FloatArray = npt.NDArray[np.float64]
Variables = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True)
class Library:
    """Monomials of degree 1 to `degree` in variables u(x).

    variables   states (M, D) → u (M, V) and ∂u/∂x (M, V, D)
    exponents   (L, V), by rising degree
    """

    variables: Variables
    exponents: npt.NDArray[np.int64]

    def evaluate(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (M, L) and gradients (M, L, D) at states (M, D)."""
        u, slopes = self.variables(x)
        powers = np.stack([u**n for n in range(int(self.exponents.max()) + 1)])  # (degree + 1, M, V)
        columns = np.arange(u.shape[1])
        factors = powers[self.exponents[:, columns], :, columns].transpose(2, 0, 1)  # (M, L, V)
        by_u = np.empty_like(factors)
        for v in columns:
            n = self.exponents[:, v]
            lowered = powers[np.maximum(n - 1, 0), :, v].T * n
            by_u[:, :, v] = lowered * np.prod(np.delete(factors, v, axis=2), axis=2)
        return np.prod(factors, axis=2), np.asarray(by_u @ slopes)

    def combined(self, coefficients: FloatArray) -> ConservedQuantities:
        """The functions Σⱼ θⱼ cⱼₖ of coefficients (L, k)."""
        return ConservedQuantities(
            coefficients.shape[1],
            lambda x: np.asarray(self.evaluate(x)[0] @ coefficients),
            lambda x: np.asarray(np.einsum("mld,lk->mkd", self.evaluate(x)[1], coefficients)),
        )


def polynomial(frame: Frame) -> Variables:
    """The coordinates of the frame of the data: its subspace, in units of its spread."""

    def variables(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        return frame.states(x), np.broadcast_to(frame.down.T, (len(x), *frame.down.T.shape))

    return variables


def trigonometric(spread: FloatArray) -> Variables:
    """sin q and cos q of each coordinate, and each momentum in units of its spread (D,), of states (q, p)."""
    half = len(spread) // 2

    def variables(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        q, p = np.hsplit(x, 2)
        slopes = np.zeros((len(x), 3 * half, 2 * half))
        i = np.arange(half)
        slopes[:, i, i], slopes[:, half + i, i] = np.cos(q), -np.sin(q)
        slopes[:, 2 * half + i, half + i] = 1 / spread[half:]
        return np.hstack([np.sin(q), np.cos(q), p / spread[half:]]), slopes

    return variables


def radial(dimension: int) -> Variables:
    """q, p and 1/|q| of states (q, p) with `dimension` components."""
    half = dimension // 2

    def variables(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        r = np.linalg.norm(x[:, :half], axis=1, keepdims=True)
        last = np.hstack([-x[:, :half] / r**3, np.zeros((len(x), half))])
        straight = np.broadcast_to(np.eye(dimension), (len(x), dimension, dimension))
        return np.hstack([x, 1 / r]), np.concatenate([straight, last[:, None]], axis=1)

    return variables
