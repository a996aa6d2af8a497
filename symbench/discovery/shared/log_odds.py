"""Log-odds of one of two classes, linear in functions of a design: penalised logistic regression by Newton steps.

The Hessian is a sum over events and is taken block by block, so that the cost is linear in their number. The penalty
and the design are chosen by left-out events, whose log-odds follow from one Newton step away from the fit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from symbench.discovery.shared.designs import Design
from symbench.discovery.shared.slopes import blocks

FloatArray = npt.NDArray[np.float64]

_PENALTIES = 10.0 ** np.arange(0, -7, -1, dtype=np.float64)  # of the largest curvature, 1/4, per event
_NEWTON, _HALVINGS, _CONVERGED = 25, 12, 1e-7  # steps; and the gain of log likelihood per event that ends them
_EVENTS_PER_TERM = 5  # fewer separate two classes by chance
_CHOOSING = 4_096  # events that choose the design and the penalty
_WORSE = 2  # penalties in a row without a better loss that end the search


@dataclass(frozen=True)
class LogOdds:
    """Log-odds f = constant + Σ c_a φ_a of the second class.

    penalty    λ: the fit minimises the mean log loss plus λ/8 times the squares of coefficients of unit functions
    left_out   (n,) log-odds of the events that it was chosen by, each without itself
    """

    design: Design
    coefficients: FloatArray
    constant: float
    penalty: float
    left_out: FloatArray

    def __call__(self, x: FloatArray) -> FloatArray:
        """Values (N,)."""
        parts = [self.design.features(x[block]) @ self.coefficients + self.constant for block in blocks(len(x))]
        return np.concatenate(parts) if parts else np.zeros(0)

    def refitted(self, x: FloatArray, y: FloatArray) -> LogOdds:
        """With the same design and penalty, for other events; this fit is the start."""
        problem = _Problem.of(self.design, x, y)
        scaled = self.coefficients * problem.scale
        start = np.concatenate([[self.constant + self.coefficients @ problem.origin], scaled])
        return problem.as_fit(problem.minimum(start, self.penalty), self.penalty, self.left_out)


def log_losses(log_odds: FloatArray, y: FloatArray) -> FloatArray:
    """−log P of the class of each event (N,); classes y are 0 and 1."""
    return np.asarray(np.logaddexp(0.0, log_odds) - y * log_odds)


def fit_log_odds(designs: Iterable[Design], x: FloatArray, y: FloatArray) -> LogOdds:
    """The fit of the smallest design that no larger one improves upon, for events x (N, P, s) of classes y, 0 and 1.

    Losses are those of left-out events, of at most 4,096 events. A larger design has to be better by more than the
    standard error of the difference. Those with more than a fifth as many functions as events of the rarer class have,
    at least, are not tried, except for the smallest.
    """
    chosen = np.sort(np.random.Generator(np.random.PCG64(0)).permutation(len(x))[:_CHOOSING])
    few, classes = x[chosen], y[chosen]
    most = 2 * min(float(classes.sum()), float(np.sum(1 - classes))) / _EVENTS_PER_TERM
    best: tuple[FloatArray, LogOdds] | None = None
    for design in designs:
        if best is not None and design.size > most:
            break
        found = _best_penalty(_Problem.of(design, few, classes))
        losses = log_losses(found.left_out, classes)
        if best is None or in_errors(best[0] - losses) > 1:
            best = losses, found
    assert best is not None
    found = best[1]
    return found if len(chosen) == len(x) else found.refitted(x, y)


def in_errors(values: FloatArray) -> float:
    """The mean of values (n,) in its standard errors; 0 if all are 0."""
    mean, error = float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values))
    return mean / error if error > 0 else math.copysign(math.inf, mean) if mean else 0.0


@dataclass(frozen=True)
class _Problem:
    """A logistic regression on functions of mean 0 and spread 1; parameters (1 + K,) begin with the constant."""

    design: Design
    x: FloatArray
    y: FloatArray
    origin: FloatArray
    scale: FloatArray
    stored: FloatArray | None

    @classmethod
    def of(cls, design: Design, x: FloatArray, y: FloatArray) -> _Problem:
        pilot = design.features(x[:_CHOOSING])
        origin, scale = pilot.mean(axis=0), pilot.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        return cls(design, x, y, origin, scale, (pilot - origin) / scale if len(x) <= _CHOOSING else None)

    def rows(self, block: slice) -> FloatArray:
        """1 and the functions (n, 1 + K)."""
        phi = self.stored[block] if self.stored is not None else None
        if phi is None:
            phi = (self.design.features(self.x[block]) - self.origin) / self.scale
        return np.concatenate([np.ones((len(phi), 1)), phi], axis=1)

    def ridge(self, penalty: float) -> FloatArray:
        """The diagonal (1 + K,) that the penalty adds to the Hessian of the mean loss."""
        return np.concatenate([[0.0], np.full(len(self.scale), penalty / 4)])

    def objective(self, theta: FloatArray, ridge: FloatArray) -> float:
        total = sum(float(log_losses(self.rows(b) @ theta, self.y[b]).sum()) for b in blocks(len(self.x)))
        return total / len(self.x) + float(theta @ (ridge * theta)) / 2

    def hessian(self, theta: FloatArray, ridge: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Minus the gradient (1 + K,) and the Hessian."""
        pull, curvature = np.zeros(len(theta)), np.zeros((len(theta),) * 2)
        for block in blocks(len(self.x)):
            rows = self.rows(block)
            p = expit(rows @ theta)
            pull += (self.y[block] - p) @ rows
            curvature += (rows * (p * (1 - p))[:, None]).T @ rows
        return pull / len(self.x) - ridge * theta, curvature / len(self.x) + np.diag(ridge)

    def minimum(self, start: FloatArray, penalty: float) -> FloatArray:
        """The parameters of smallest loss; steps are halved until the loss falls."""
        ridge, theta = self.ridge(penalty), start
        loss = self.objective(theta, ridge)
        for _ in range(_NEWTON):
            pull, curvature = self.hessian(theta, ridge)
            step = cho_solve(_factor(curvature), pull)
            for halving in range(_HALVINGS):
                proposed = theta + step / 2**halving
                new = self.objective(proposed, ridge)
                if new < loss:
                    break
            else:
                return theta
            gain, theta, loss = loss - new, proposed, new
            if gain < _CONVERGED:
                break
        return theta

    def left_out(self, theta: FloatArray, penalty: float) -> FloatArray:
        """Log-odds (N,) of each event without itself (K. R. Rad, A. Maleki, arXiv:1801.10243, eq. 3)."""
        factor = _factor(self.hessian(theta, self.ridge(penalty))[1])
        found = np.empty(len(self.x))
        for block in blocks(len(self.x)):
            rows = self.rows(block)
            f = rows @ theta
            p = expit(f)
            leverage = np.sum(rows * cho_solve(factor, rows.T).T, axis=1) / len(self.x)
            away = 1 - np.minimum(p * (1 - p) * leverage, 0.99)
            found[block] = f - leverage * (self.y[block] - p) / away
        return found

    def as_fit(self, theta: FloatArray, penalty: float, left_out: FloatArray) -> LogOdds:
        coefficients = theta[1:] / self.scale
        constant = float(theta[0] - coefficients @ self.origin)
        return LogOdds(self.design, coefficients, constant, penalty, left_out)


def _factor(curvature: FloatArray) -> tuple[FloatArray, bool]:
    """The Cholesky factor, with a ridge that rounding may need."""
    ridge = 1e-12 * float(np.trace(curvature)) / len(curvature)
    while True:
        try:
            return cho_factor(curvature + ridge * np.eye(len(curvature)))
        except np.linalg.LinAlgError:
            ridge *= 100


def _best_penalty(problem: _Problem) -> LogOdds:
    """The fit of the penalty with which left-out events are predicted best, from the largest penalty on."""
    rate = float(np.clip(problem.y.mean(), 1e-6, 1 - 1e-6))
    theta = np.concatenate([[math.log(rate / (1 - rate))], np.zeros(len(problem.scale))])
    best: tuple[float, LogOdds] | None = None
    worse = 0
    for penalty in _PENALTIES:
        theta = problem.minimum(theta, float(penalty))
        left_out = problem.left_out(theta, float(penalty))
        loss = float(log_losses(left_out, problem.y).mean())
        if best is None or loss < best[0]:
            best, worse = (loss, problem.as_fit(theta, float(penalty), left_out)), 0
        else:
            worse += 1
            if worse == _WORSE:
                break
    assert best is not None
    return best[1]
