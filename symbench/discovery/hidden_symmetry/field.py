"""A smooth field, and a smooth potential, through values at points: Gaussian kernels and a linear trend.

Trajectories give values of f at states, but a property of f is a statement about its derivative. That of a kernel fit
has a closed form. The fit is accurate to many digits for the smooth fields of mechanics; its error is measured on
held-out orbits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]

_WIDTHS = (0.7, 1.4, 2.8, 5.6)
_RIDGES = (1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2)
_POTENTIAL_CENTRES = 250
_POTENTIAL_WIDTHS = (0.5, 1.0, 2.0)
_POTENTIAL_RIDGE = 1e-10


@dataclass(frozen=True)
class SmoothField:
    """f(x) = (1, u) @ trend + Σ_m exp(−|u − u_m|² / 2w²) c_m with u = x / spread.

    spread (D,), centres (M, D) in u, weights (M, Q), trend (1 + D, Q)
    """

    spread: FloatArray
    centres: FloatArray
    width: float
    weights: FloatArray
    trend: FloatArray

    def __call__(self, x: FloatArray) -> FloatArray:
        """f (N, Q) at x (N, D)."""
        u = x / self.spread
        return np.asarray(_gaussians(u, self.centres, self.width) @ self.weights + _affine(u) @ self.trend)

    def slopes(self, x: FloatArray) -> FloatArray:
        """[n, i, j] = ∂fⱼ/∂xᵢ: (N, D, Q)."""
        u = x / self.spread
        kernel = _gaussians(u, self.centres, self.width)
        # ∂ᵢ Σ k c = −(uᵢ Σ k c − Σ k uᵐᵢ c) / w²
        value = kernel @ self.weights
        moments = np.stack([kernel @ (self.centres[:, i : i + 1] * self.weights) for i in range(u.shape[1])], axis=1)
        out = -(u[:, :, None] * value[:, None, :] - moments) / self.width**2 + self.trend[None, 1:]
        return np.asarray(out / self.spread[None, :, None])


def fit_field(x: FloatArray, f: FloatArray, part: npt.NDArray[np.bool_]) -> SmoothField:
    """A field fitted to f (N, Q) at x (N, D), with the width and the ridge that predict the rows of `part` best."""
    spread = x.std(axis=0)
    u, scale = x / spread, f.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    y = f / scale
    best, chosen = np.inf, (_WIDTHS[0], _RIDGES[-1])
    for width in _WIDTHS:
        for ridge, error in _errors(u, y, part, width * np.sqrt(u.shape[1])):
            if error < best:
                best, chosen = error, (width * np.sqrt(u.shape[1]), ridge)
    width, ridge = chosen
    trend, rest = _trend(u, y)
    kernel = _gaussians(u, u, width)
    weights = np.asarray(np.linalg.solve(kernel + ridge * np.eye(len(u)), rest), dtype=np.float64)
    return SmoothField(spread, u, width, weights * scale, trend * scale)


def _errors(u: FloatArray, y: FloatArray, part: npt.NDArray[np.bool_], width: float) -> list[tuple[float, float]]:
    """Each ridge and the mean squared error, on the rows of `part`, of a fit to the other rows."""
    trend, rest = _trend(u[~part], y[~part])
    values, vectors = np.linalg.eigh(_gaussians(u[~part], u[~part], width))
    values = np.maximum(values, 0)
    projected, across = vectors.T @ rest, _gaussians(u[part], u[~part], width) @ vectors
    target = y[part] - _affine(u[part]) @ trend
    return [
        (ridge, float(np.mean((across @ (projected / (values + ridge)[:, None]) - target) ** 2))) for ridge in _RIDGES
    ]


def _trend(u: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    trend = np.linalg.lstsq(_affine(u), y, rcond=None)[0]
    return np.asarray(trend, dtype=np.float64), np.asarray(y - _affine(u) @ trend, dtype=np.float64)


def _affine(u: FloatArray) -> FloatArray:
    return np.hstack([np.ones((len(u), 1)), u])


def _gaussians(u: FloatArray, centres: FloatArray, width: float) -> FloatArray:
    square = (u**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1) - 2 * u @ centres.T
    return np.asarray(np.exp(-np.maximum(square, 0) / (2 * width**2)))


def potential(x: FloatArray, gradient: FloatArray) -> ConservedQuantities:
    """The function H whose gradient is nearest to `gradient` (N, D) at x (N, D).

    H is a sum of Gaussians at some of the points and a quadratic polynomial; the width of the Gaussians is that which
    predicts a quarter of the points best. A one-form that is closed but not exact, such as that of an angle around a
    hole of the data, has no such function: the gradient of H then differs from it.
    """
    part = np.arange(len(x)) % 4 == 0
    best, chosen = np.inf, _POTENTIAL_WIDTHS[0]
    for width in _POTENTIAL_WIDTHS:
        fitted = _potential(x[~part], gradient[~part], width)
        error = float(np.mean((fitted.gradients(x[part])[:, 0] - gradient[part]) ** 2))
        if error < best:
            best, chosen = error, width
    return _potential(x, gradient, chosen)


def _potential(x: FloatArray, gradient: FloatArray, width: float) -> ConservedQuantities:
    centre, spread = x.mean(axis=0), x.std(axis=0)
    u, d = (x - centre) / spread, x.shape[1]
    rows = np.linspace(0, len(u) - 1, min(len(u), _POTENTIAL_CENTRES)).astype(np.intp)
    centres, width = u[rows], width * float(np.sqrt(d))
    first, second = np.triu_indices(d)

    def values(states: FloatArray) -> FloatArray:
        v = (states - centre) / spread
        return np.hstack([_gaussians(v, centres, width), v, v[:, first] * v[:, second]])

    def slopes(states: FloatArray) -> FloatArray:
        """∂(features)/∂x (N, D, features)."""
        v = (states - centre) / spread
        kernel = -_gaussians(v, centres, width)[:, None, :] * (v[:, :, None] - centres.T[None]) / width**2
        linear = np.broadcast_to(np.eye(d), (len(v), d, d))
        unit = np.eye(d)
        quadratic = unit[:, first][None] * v[:, None, second] + unit[:, second][None] * v[:, None, first]
        return np.asarray(np.concatenate([kernel, linear, quadratic], axis=2) / spread[None, :, None])

    design, target = (slopes(x) * spread[None, :, None]).reshape(len(x) * d, -1), (gradient * spread).reshape(-1)
    normal = design.T @ design
    normal += _POTENTIAL_RIDGE * float(np.trace(normal)) / len(normal) * np.eye(len(normal))
    weights = np.linalg.solve(normal, design.T @ target)

    return ConservedQuantities(1, lambda s: values(s) @ weights[:, None], lambda s: (slopes(s) @ weights)[:, None, :])
