"""What a logistic regression misses: Rao's score test of richer functions, and a limit on what they would add.

With ψ = y − p and w = p(1 − p) of the fit, s = Φ̃ᵀψ has mean 0 and covariance Φ̃ᵀWΦ̃ if the log-odds are those of the fit;
Φ̃ are the richer functions without their W-projection on the fitted ones. T = sᵀ(Φ̃ᵀWΦ̃)⁻¹s is then χ² with as many
degrees of freedom as functions (C. R. Rao, Proc. Camb. Phil. Soc. 44 (1948) 50); with a part g of the log-odds that
the fit misses it is not central, by λ = Σ w g². Left-out errors of richer fits detect a part only if λ exceeds the
number of functions K, this test from a few times √K on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import lstsq
from scipy.special import expit, ndtri

from symbench.discovery.shared.designs import Design, MonomialDesign
from symbench.discovery.shared.log_odds import LogOdds

FloatArray = npt.NDArray[np.float64]

_HIGHEST, _MOST_TERMS, _PER_TERM = 6, 500, 4  # of richer polynomials: degree, terms, and events for each term
_TRIED = 2  # richer polynomials, the smallest ones
_EVENTS = 8_192  # of a test: the cost grows with their number times the square of that of terms
_DETERMINED = 1e-3  # of the largest eigenvalue of functions in units of their spread
_CONFIDENCE = 0.99  # one-sided


@dataclass(frozen=True)
class Missing:
    """What log-odds may miss.

    size         root mean square of the part that is missing, in spreads of f, where classes are uncertain; 0 if T < K
    upper        its one-sided upper confidence limit; infinite without richer functions to look for it
    significant  whether a test finds a missing part
    """

    size: float
    upper: float
    significant: bool


def missing_part(fit: LogOdds, x: FloatArray, y: FloatArray) -> Missing:
    """What the fit to events x (N, P, s) of classes y (N,), 0 and 1, misses of polynomials of higher degree."""
    rows = np.sort(np.random.Generator(np.random.PCG64(1)).permutation(len(x))[:_EVENTS])
    x, y = x[rows], y[rows]
    f = fit(x)
    weight = expit(f) * expit(-f)
    information = float(weight.sum()) * float(f.var())
    size, upper, significant, z = 0.0, math.inf, False, float(ndtri(_CONFIDENCE))
    for design in _richer(fit.design, x):
        statistic, count = score_test(_scaled(fit.design, x), _scaled(design, x), f, y)
        if count == 0 or information <= 0:
            continue
        excess = statistic - count
        significant |= excess > z * math.sqrt(2 * count)
        limit = max(excess, 0.0) + z * math.sqrt(2 * count + 4 * max(excess, 0.0))
        size = max(size, math.sqrt(max(excess, 0.0) / information))
        upper = max(0.0 if upper == math.inf else upper, math.sqrt(limit / information))
    return Missing(size, upper, significant)


def _richer(design: Design, x: FloatArray) -> list[Design]:
    variables = x[0].size
    most = min(_MOST_TERMS, len(x) // _PER_TERM)
    found: list[Design] = [MonomialDesign(degree, variables) for degree in range(2, _HIGHEST + 1)]
    return [richer for richer in found if design.size < richer.size <= most][:_TRIED]


def _scaled(design: Design, x: FloatArray) -> FloatArray:
    phi = design.features(x)
    spread = phi.std(axis=0)
    return np.asarray((phi - phi.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def score_test(fitted: FloatArray, richer: FloatArray, f: FloatArray, y: FloatArray) -> tuple[float, int]:
    """T and its degrees of freedom, of functions (N, K) beside the fitted ones (N, k) and a constant.

    f   (N,) log-odds of class 1; y (N,) 0 or 1
    """
    p = expit(f)
    root = np.sqrt(np.maximum(p * (1 - p), np.finfo(np.float64).tiny))[:, None]
    before = root * np.concatenate([np.ones((len(f), 1)), fitted], axis=1)
    projected = root * richer
    projected = projected - before @ lstsq(before, projected, cond=1e-10)[0]
    values, axes = np.linalg.eigh(projected.T @ projected)
    kept = values > _DETERMINED * max(float(np.max(np.sum((root * richer) ** 2, axis=0), initial=0.0)), 1e-300)
    along = axes[:, kept].T @ (projected.T @ ((y - p) / root[:, 0]))
    return float(np.sum(along**2 / values[kept])), int(kept.sum())
