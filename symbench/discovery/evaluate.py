"""Run one discovery method on one task's events and measure what it claims."""

from __future__ import annotations

import math
import time

import numpy as np
import numpy.typing as npt

from symbench.algebra.metric import invariant_metric
from symbench.algebra.structure import most_common_name, name_of
from symbench.algebra.subspace import overlap, second_moment
from symbench.data.splits import Split
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry
from symbench.errors import IncompatibleError
from symbench.metrics.discovery import (
    LabelFunction,
    algebra_metrics,
    claimed_dimension,
    defect_metrics,
    finite_errors,
    label_gradient,
    truth_metrics,
)
from symbench.tasks.base import FunctionTask
from symbench.trial import Outcome

FloatArray = npt.NDArray[np.float64]

_REFERENCE_SEED = 0x5EED  # the reference fit is the same for every method and seed
_MAX_REFERENCE_EVENTS = 1_000  # its cost grows with the cube


def run_discovery(
    method: DiscoveryMethod, task: FunctionTask, split: Split, *, seed: int, budget: float, device: str
) -> Outcome:
    """Fit on the training events, measure on the test events.

    The method sees scaled vectors and labels of its training events, and the truth only where it declares so.
    Raises IncompatibleError where the method cannot answer.
    """
    reason = method.incompatibility(task)
    if reason is not None:
        raise IncompatibleError(reason)
    truth = task.truth()
    sample = FunctionSample(
        x=np.asarray(split.train.vectors / task.scale, dtype=np.float64),
        y=split.train.label,
        label_kind=task.label_kind,
        truth=truth if method.sees_truth else None,
    )
    started = time.perf_counter()
    symmetry = method.fit(sample, seed=seed, budget=budget, device=device)
    fitted = time.perf_counter()
    x = np.asarray(split.test.vectors / task.scale, dtype=np.float64)
    outcome = evaluate(symmetry, task, truth, x, split.test.label)
    outcome.timings.update(fit=fitted - started, evaluate=time.perf_counter() - fitted)
    return outcome


def evaluate(
    symmetry: Symmetry,
    task: FunctionTask,
    truth: FloatArray | None,
    x: FloatArray,
    label: npt.NDArray[np.float64] | npt.NDArray[np.int64],
) -> Outcome:
    """Every metric of a claim on test events: scaled vectors x (N, P, d) and their labels (N,)."""
    found = np.asarray(symmetry.generators, dtype=np.float64)
    d = x.shape[2]
    if found.ndim != 3 or found.shape[1:] != (d, d) or not np.isfinite(found).all():
        raise ValueError(f"a method claimed generators of shape {found.shape}, or not finite, in dimension {d}")
    moment = second_moment(x)
    metrics = {"steps": float(symmetry.steps), "count": float(claimed_dimension(found))}
    metrics |= {f"method_{name}": float(value) for name, value in symmetry.scalars.items()}
    notes: dict[str, str] = {}
    angles = np.zeros(0)
    if truth is not None:
        metrics |= truth_metrics(found, truth, moment)
        angles = np.degrees(overlap(found, truth, moment).angles)
    # Many names stand for one algebra, so(3,1) or sl(2): the truth is named from its generators as a claim is.
    named = None if truth is None else name_of(truth)
    recognised = None if named is None or named.startswith("unknown") else named
    algebra, notes["algebra"] = algebra_metrics(found, recognised)
    metrics |= algebra
    truth_name = task.truth_name() or recognised
    if truth_name is not None:
        notes["truth"] = truth_name
    samples = symmetry.arrays.get("generator_samples")
    if samples is not None and len(samples) and len(found):
        notes["algebra_of_most_samples"], metrics["algebra_confidence"] = most_common_name(samples)
    exact = task.label_function()
    defects = np.zeros(0)
    if len(found):
        gradients, kept = _gradients(exact, x, label)
        change, defects = defect_metrics(found, gradients, kept)
        metrics |= change
        notes["defects_from"] = "exact label" if exact is not None else "network fitted to the test events"
        if exact is not None:
            errors = finite_errors(found, exact, x)
            metrics["finite_error_max"] = float(errors.max())
    arrays = {
        "generators": found,
        "defects": defects,
        "angles_deg": angles,
        "metric_tensor": invariant_metric(found) if len(found) else np.zeros((0, d)),
        "confidence": np.asarray(symmetry.confidence, dtype=np.float64),
        **{name: np.asarray(value) for name, value in symmetry.arrays.items() if name != "generator_samples"},
    }
    if symmetry.spectrum is not None:
        arrays["spectrum"] = np.asarray(symmetry.spectrum, dtype=np.float64)
    finite = {name: value for name, value in metrics.items() if math.isfinite(value)}
    return Outcome(metrics=finite, arrays=arrays, notes=notes)


def _gradients(
    exact: LabelFunction | None, x: FloatArray, label: npt.NDArray[np.float64] | npt.NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """∇f at test events, of the exact label or of an independent network, and the events it is known at."""
    if exact is not None:
        return label_gradient(exact, x), x
    import torch

    from symbench.discovery.smooth_fit import fit_network, new_network

    x, label = x[:_MAX_REFERENCE_EVENTS], label[:_MAX_REFERENCE_EVENTS].astype(np.float64)
    size = float(np.sqrt(np.mean(x**2)))
    inputs = torch.from_numpy(np.ascontiguousarray(x.reshape(len(x), -1) / size))
    spread = float(label.std()) or 1.0
    y = torch.from_numpy((label - label.mean()) / spread)
    start = new_network(inputs.shape[1], 128, 2, torch.Generator().manual_seed(_REFERENCE_SEED))
    held = torch.arange(len(x)) % 5 == 0
    fit = fit_network(start, inputs[~held], y[~held], (inputs[held], y[held]), steps=60)
    gradient = fit.network.gradient(inputs).numpy().reshape(x.shape) * (spread / size)
    return gradient, x
