"""What `oracle` does: the quadratic form of a label's gradient, and matrices that minimise the published loss."""

from __future__ import annotations

from dataclasses import replace
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


_HELD_OUT = 5  # every fifth event is kept from φ


def fit(method: Oracle, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Fit φ to the labels, unless the label is given as a formula, then the generators to φ.

    Generators are in the coordinates of the sample. With a formula the loss as printed is reported as well. Raises
    IncompatibleError for labels of three classes or more.
    """
    closure_power: Literal[1, 2] = 1
    if isinstance(method, KnownOracle):
        sample = replace(sample, label_function=label_of_order_one(sample))
        closure_power = method.closure_power
    d = sample.x.shape[2]
    frame = support(sample.x)
    label = standardised_label(sample)
    nothing = Symmetry(np.zeros((0, d, d)), np.zeros(0))
    if label is None or len(sample.x) < 2 * _HELD_OUT or frame.shape[1] == 0:
        return nothing
    x = sample.x @ frame
    size = np.sqrt(np.mean(x**2))
    x = x / size
    held = np.arange(len(x)) % _HELD_OUT == 0
    scalars: dict[str, float] = {}
    if sample.label_function is None:
        gradients, spent, scalars["held_out_loss"] = _learned_gradients(method, x, label, held, seed, budget)
    else:
        gradients, spent = label_gradient(sample.label_function, sample.x) @ frame * size, 0  # ∂/∂(x/size)
    rows = np.flatnonzero(~held)[: method.points]
    form = quadratic_forms(gradients[rows], x[rows])[0]
    steps = max(1, round(method.steps * budget))
    r = x.shape[2]
    scanned: list[tuple[int, Minimum]] = []
    chosen: Minimum | None = None
    counts = range(1, min(method.max_generators, r * r) + 1) if method.generators == "auto" else [method.generators]
    for k in counts:
        found = smallest(
            form,
            k,
            r,
            sparsity=method.sparsity,
            steps=steps,
            starts=method.starts,
            seed=seed,
            closure_power=closure_power,
        )
        scanned.append((k, found))
        defects = relative_defects(found.generators, gradients[held], x[held])
        accepted = found.terms.algebra < method.closing and float(defects.max()) < method.bound
        if method.generators != "auto" or accepted:
            chosen = found
    best = chosen or scanned[0][1]
    scalars["loss"] = best.terms.total
    if sample.label_function is not None:
        scalars["printed_loss"] = smallest_printed_loss(
            frame @ best.generators @ frame.T, sample.label_function, sample.x[rows], closure_power=closure_power
        )
    curve = np.array([[k, m.terms.invariance, m.terms.frame, m.terms.closure] for k, m in scanned])
    spent += sum(m.steps for _, m in scanned)
    if chosen is None:
        return Symmetry(nothing.generators, nothing.confidence, steps=spent, arrays={"losses": curve}, scalars=scalars)
    return Symmetry(
        generators=frame @ chosen.generators @ frame.T,
        confidence=np.full(len(chosen.generators), 0.5),  # the loss of a minimum says nothing about how sure
        steps=spent,
        arrays={"losses": curve, "structure_constants": chosen.structure_constants},
        scalars=scalars,
    )


def _learned_gradients(
    method: Oracle, x: FloatArray, label: FloatArray, held: npt.NDArray[np.bool_], seed: int, budget: float
) -> tuple[FloatArray, int, float]:
    """∇φ (N, P, d) at every event of a network fitted to those that are not held out, its steps and held-out loss."""
    inputs = torch.from_numpy(np.ascontiguousarray(x.reshape(len(x), -1)))
    y = torch.from_numpy(label)
    kept = torch.from_numpy(~held)
    start = new_network(inputs.shape[1], method.width, method.depth, torch.Generator().manual_seed(seed))
    steps = max(1, round(method.label_steps * budget))
    fit = fit_network(start, inputs[kept], y[kept], (inputs[~kept], y[~kept]), steps=steps)
    return fit.network.gradient(inputs).numpy().reshape(x.shape), fit.steps, fit.held_out_loss
