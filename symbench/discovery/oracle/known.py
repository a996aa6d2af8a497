"""How `oracle-known` proceeds: the loss of the paper with the gradient of a formula."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.algebra.defects import quadratic_forms
from symbench.algebra.label_spread import label_spread_forms, label_spread_spectrum, whitening
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.oracle.loss import Minimum, smallest
from symbench.discovery.oracle.method import KnownOracle
from symbench.discovery.oracle.printed import smallest_printed_loss
from symbench.discovery.shared.evidence import abstention
from symbench.discovery.shared.judge import worst_spreads
from symbench.discovery.shared.preparation import label_of_order_one, support
from symbench.metrics.label import LabelFunction, label_gradient, label_values, label_variance

FloatArray = npt.NDArray[np.float64]

_HELD_OUT = 5  # every fifth event is held out from the loss


@dataclass(frozen=True)
class Exact:
    """∇φ (N, P, r) at vectors x (N, P, r), in coordinates of the support of the data in units of their size.

    variance   Var φ
    held       (N,) events that are held out from the loss
    """

    gradients: FloatArray
    x: FloatArray
    variance: float
    held: npt.NDArray[np.bool_]

    def rows(self, most: int) -> npt.NDArray[np.intp]:
        """The first `most` events that are not held out."""
        return np.flatnonzero(~self.held)[:most]


def fit_known(method: KnownOracle, sample: FunctionSample, *, seed: int, budget: float) -> Symmetry:
    """The generators of a label that is given as a formula, in the coordinates of the sample, and its printed loss."""
    d = sample.x.shape[2]
    frame = support(sample.x)
    label = label_of_order_one(sample)
    if label is None or float(np.std(sample.y)) == 0 or len(sample.x) < 2 * _HELD_OUT or frame.shape[1] == 0:
        return abstention(d)
    exact = _exact(label, sample.x, frame)
    scanned, chosen = _search(method, exact, seed, budget)
    steps = sum(minimum.steps for _, minimum in scanned)
    losses = np.array([[k, m.terms.invariance, m.terms.frame, m.terms.closure] for k, m in scanned]).reshape(-1, 4)
    if not scanned:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0), arrays={"losses": losses})
    best = chosen or scanned[-1][1]
    printed = smallest_printed_loss(
        frame @ best.generators @ frame.T,
        label,
        sample.x[exact.rows(method.points)],
        closure_power=method.closure_power,
    )
    scalars = {"loss": best.terms.total, "printed_loss": printed}
    if chosen is None:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0), steps=steps, arrays={"losses": losses}, scalars=scalars)
    return Symmetry(
        generators=frame @ chosen.generators @ frame.T,
        confidence=np.full(len(chosen.generators), 0.5),  # the value of the loss is no measure of confidence
        steps=steps,
        arrays={"losses": losses, "structure_constants": chosen.structure_constants},
        scalars=scalars,
    )


def _search(
    method: KnownOracle, exact: Exact, seed: int, budget: float
) -> tuple[list[tuple[int, Minimum]], Minimum | None]:
    """The minimum for every k that is tried, and the one to claim; None if `auto` accepts no k."""
    rows = exact.rows(method.points)
    form = quadratic_forms(exact.gradients[rows], exact.x[rows])[0]
    held, x = exact.gradients[exact.held], exact.x[exact.held]
    change, length = label_spread_forms(held, x, exact.variance, white=whitening(exact.x))
    if method.generators == "auto":
        sigma, _ = label_spread_spectrum(exact.gradients, exact.x, exact.variance)
        counts = range(int(np.sum(sigma < method.bound)), 0, -1)
    else:
        counts = range(method.generators, method.generators - 1, -1)
    scanned: list[tuple[int, Minimum]] = []
    for k in counts:
        minimum = smallest(
            form,
            k,
            exact.x.shape[2],
            sparsity=method.sparsity,
            steps=max(1, round(method.descent_steps * budget)),
            starts=method.starts,
            seed=seed,
            closure_power=method.closure_power,
        )
        scanned.append((k, minimum))
        worst = worst_spreads(minimum.generators.reshape(k, -1).T, change, length)[-1]
        if method.generators != "auto" or (minimum.terms.algebra < method.closing and worst < method.bound**2):
            return scanned, minimum
    return scanned, None


def _exact(label: LabelFunction, vectors: FloatArray, frame: FloatArray) -> Exact:
    x = vectors @ frame
    size = np.sqrt(np.mean(x**2))
    gradients = label_gradient(label, vectors) @ frame * size  # ∂/∂(x/size)
    variance = label_variance(label_values(label, vectors))
    return Exact(gradients, x / size, variance, np.arange(len(x)) % _HELD_OUT == 0)
