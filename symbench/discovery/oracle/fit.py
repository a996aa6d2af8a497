"""How `oracle` proceeds: the gradient of the label, and the matrices that minimise the published loss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from symbench.algebra.defects import quadratic_forms, relative_defects
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.oracle.loss import Minimum, smallest
from symbench.discovery.oracle.method import KnownOracle, Oracle
from symbench.discovery.oracle.printed import smallest_printed_loss
from symbench.discovery.shared.preparation import label_of_order_one, standardised_label, support
from symbench.discovery.shared.smooth_fit import fit_network, new_network
from symbench.metrics.label import label_gradient

FloatArray = npt.NDArray[np.float64]

_HELD_OUT = 5  # every fifth event is held out from the fit of φ


@dataclass(frozen=True)
class Gradients:
    """∇φ (N, P, r) at vectors x (N, P, r), in coordinates of the support of the data in units of their size.

    held    (N,) events that φ was not fitted to
    steps   optimiser steps of the fit of φ, and `held_out_loss` its mean squared error; 0 and None for a formula
    """

    gradients: FloatArray
    x: FloatArray
    held: npt.NDArray[np.bool_]
    steps: int
    held_out_loss: float | None

    def rows(self, most: int) -> npt.NDArray[np.intp]:
        """The first `most` events that are not held out."""
        return np.flatnonzero(~self.held)[:most]


def fit(method: Oracle, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Fit φ to the labels, unless the label is given as a formula, and then the generators to φ.

    Generators are in the coordinates of the sample. With a formula the loss as printed is reported too. Raises
    IncompatibleError for labels of three classes or more.
    """
    closure_power: Literal[1, 2] = 1
    if isinstance(method, KnownOracle):
        sample = replace(sample, label_function=label_of_order_one(sample))
        closure_power = method.closure_power
    d = sample.x.shape[2]
    frame = support(sample.x)
    label = standardised_label(sample)
    if label is None or len(sample.x) < 2 * _HELD_OUT or frame.shape[1] == 0:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0))
    data = _gradients(method, sample, frame, label, seed, budget)
    scanned, chosen = _scan(method, data, closure_power, seed, budget)
    best = chosen or scanned[0][1]
    scalars = {} if data.held_out_loss is None else {"held_out_loss": data.held_out_loss}
    scalars["loss"] = best.terms.total
    if sample.label_function is not None:
        scalars["printed_loss"] = smallest_printed_loss(
            frame @ best.generators @ frame.T,
            sample.label_function,
            sample.x[data.rows(method.points)],
            closure_power=closure_power,
        )
    losses = np.array([[k, m.terms.invariance, m.terms.frame, m.terms.closure] for k, m in scanned])
    steps = data.steps + sum(m.steps for _, m in scanned)
    if chosen is None:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0), steps=steps, arrays={"losses": losses}, scalars=scalars)
    return Symmetry(
        generators=frame @ chosen.generators @ frame.T,
        confidence=np.full(len(chosen.generators), 0.5),  # the value of the loss is no measure of confidence
        steps=steps,
        arrays={"losses": losses, "structure_constants": chosen.structure_constants},
        scalars=scalars,
    )


def _scan(
    method: Oracle, data: Gradients, closure_power: Literal[1, 2], seed: int, budget: float
) -> tuple[list[tuple[int, Minimum]], Minimum | None]:
    """The minimum for every k that is tried, and the one to claim; None if `auto` accepts no k."""
    rows = data.rows(method.points)
    form = quadratic_forms(data.gradients[rows], data.x[rows])[0]
    r = data.x.shape[2]
    counts = range(1, min(method.max_generators, r * r) + 1) if method.generators == "auto" else [method.generators]
    scanned: list[tuple[int, Minimum]] = []
    chosen: Minimum | None = None
    for k in counts:
        minimum = smallest(
            form,
            k,
            r,
            sparsity=method.sparsity,
            steps=max(1, round(method.steps * budget)),
            starts=method.starts,
            seed=seed,
            closure_power=closure_power,
        )
        scanned.append((k, minimum))
        if method.generators != "auto" or _accepted(method, minimum, data):
            chosen = minimum
    return scanned, chosen


def _accepted(method: Oracle, minimum: Minimum, data: Gradients) -> bool:
    """Whether matrices close into an algebra and each of them leaves the label of held-out events unchanged."""
    defects = relative_defects(minimum.generators, data.gradients[data.held], data.x[data.held])
    return minimum.terms.algebra < method.closing and float(defects.max()) < method.bound


def _gradients(
    method: Oracle, sample: FunctionSample, frame: FloatArray, label: FloatArray, seed: int, budget: float
) -> Gradients:
    """∇φ of the formula, or of a network fitted to the labels."""
    x = sample.x @ frame
    size = np.sqrt(np.mean(x**2))
    x = x / size
    held = np.arange(len(x)) % _HELD_OUT == 0
    if sample.label_function is not None:
        gradients = label_gradient(sample.label_function, sample.x) @ frame * size  # ∂/∂(x/size)
        return Gradients(gradients, x, held, 0, None)
    inputs = torch.from_numpy(np.ascontiguousarray(x.reshape(len(x), -1)))
    y = torch.from_numpy(label)
    kept = torch.from_numpy(~held)
    start = new_network(inputs.shape[1], method.width, method.depth, torch.Generator().manual_seed(seed))
    steps = max(1, round(method.label_steps * budget))
    fitted = fit_network(start, inputs[kept], y[kept], (inputs[~kept], y[~kept]), steps=steps)
    gradients = fitted.network.gradient(inputs).numpy().reshape(x.shape)
    return Gradients(gradients, x, held, fitted.steps, fitted.held_out_loss)
