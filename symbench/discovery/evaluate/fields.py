"""Metrics of vector fields in three tracks (function, distribution, invariant), on one scale with matrices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from symbench.algebra.structure import name_of
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.defects import with_defects
from symbench.discovery.evaluate.generators import finite
from symbench.discovery.shared.reference import Reference
from symbench.metrics.discovery.agreement import field_truth_metrics
from symbench.metrics.discovery.algebra import algebra_correct
from symbench.metrics.discovery.chance import chance_of_fields
from symbench.metrics.fields import (
    VectorFields,
    coordinate_spread,
    field_defects,
    field_overlap,
    linear_fields,
    orthonormal_fields,
    structure,
)
from symbench.tasks.base import FunctionTask, GeneratorTask, InvariantTask
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]

_CLOSES = 0.1  # share of the commutators outside the span above which a span has no name
_EVENTS = 200  # on which commutators are computed: (k + 1) k values per coordinate


def evaluate_fields(
    symmetry: Symmetry, task: FunctionTask, x: FloatArray, reference: Callable[[], Reference]
) -> Outcome:
    """Every metric of the function track on test events x (N, P, d); `reference` is called if anything is claimed.

    Raises ValueError as `judge_fields` does.
    """
    outcome = judge_fields(symmetry, task, x)
    if not len(claimed_fields(symmetry)(x[:1])):
        return with_defects(outcome, None)
    measured = reference()
    values, spread = claimed_fields(symmetry)(measured.x), coordinate_spread(x)
    return with_defects(outcome, measured, lambda g: field_defects(values, g, spread, steepest=measured.gradient))


def claimed_fields(symmetry: Symmetry) -> VectorFields:
    """The claim as vector fields, also if it is matrices."""
    return symmetry.fields or linear_fields(np.asarray(symmetry.generators, dtype=np.float64))


def judge_fields(symmetry: Symmetry, task: GeneratorTask, x: FloatArray) -> Outcome:
    """The metrics of a claim that need no label, on test events x (N, P, d): its span and its algebra.

    The truth is the fields of the task, or its matrices as fields. Raises ValueError for a claim that is not finite or
    not of shape (k, d, d) or (k, N, P, d).
    """
    n, vectors, d = x.shape
    generators = np.asarray(symmetry.generators, dtype=np.float64)
    fields = claimed_fields(symmetry)
    values = fields(x)
    if generators.shape[1:] != (d, d) or values.shape[1:] != (n, vectors, d) or not np.isfinite(values).all():
        raise ValueError(
            f"the method claimed fields of shape {values.shape}, or not finite, at events of shape {x.shape}"
        )
    spread = coordinate_spread(x)
    metrics = {"steps": float(symmetry.steps)}
    metrics |= {f"method_{name}": float(value) for name, value in symmetry.scalars.items()}
    notes = {"claim": "vector fields" if symmetry.fields else "matrices"}
    truth = _truth(task)
    angles = np.zeros(0)
    if truth is not None:
        true_values = truth(x)
        shared = field_overlap(values, true_values, spread)
        every = linear_fields(np.eye(d * d).reshape(d * d, d, d))(x)
        chance = chance_of_fields(shared, orthonormal_fields(every, spread), orthonormal_fields(true_values, spread))
        metrics |= field_truth_metrics(shared, chance)
        angles = np.degrees(shared.angles)
    else:
        metrics["count"] = float(field_overlap(values, values, spread).found)
    notes["algebra"], closure = _algebra(fields, x[:_EVENTS], spread)
    if closure is not None:
        metrics["closure"] = closure
    truth_name = task.truth_name()
    if truth_name is not None:
        notes["truth"] = truth_name
        metrics["algebra_correct"] = algebra_correct(notes["algebra"], truth_name)
    arrays = {
        "generators": generators,
        "angles_deg": angles,
        "metric_tensor": np.zeros((0, d)),
        "confidence": np.asarray(symmetry.confidence, dtype=np.float64),
        **{name: np.asarray(value) for name, value in symmetry.arrays.items() if name != "generator_samples"},
    }
    if symmetry.spectrum is not None:
        arrays["spectrum"] = np.asarray(symmetry.spectrum, dtype=np.float64)
    return Outcome(metrics=finite(metrics), arrays=arrays, notes=notes)


def _truth(task: GeneratorTask) -> VectorFields | None:
    fields = task.truth_fields() if isinstance(task, FunctionTask | InvariantTask) else None
    matrices = task.truth() if fields is None else None
    return linear_fields(matrices) if matrices is not None else fields


def _algebra(fields: VectorFields, x: FloatArray, spread: FloatArray) -> tuple[str, float | None]:
    """The name of the algebra that fields span, by its adjoint representation, and its closure residual.

    The adjoint representation determines an algebra without a centre; an algebra with a centre gets no name.
    """
    k = len(fields(x[:1]))
    if k == 0:
        return name_of(np.zeros((0, 1, 1))), None
    constants, closure = structure(fields, x, spread)
    adjoint = constants.swapaxes(1, 2)  # (ad X_i)_lj = c_ijl
    if not closure < _CLOSES or np.linalg.matrix_rank(adjoint.reshape(k, k * k), tol=1e-3) < k:
        return f"unknown({k})", closure
    return name_of(adjoint), closure
