"""Metrics that the function and the distribution track share: a claimed span of generators, its algebra, the truth."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from symbench.algebra.confidence import bootstrap_name
from symbench.algebra.label_spread import in_frame_of
from symbench.algebra.metric import invariant_metric
from symbench.algebra.structure import name_of
from symbench.algebra.subspace import overlap, second_moment
from symbench.algebra.trivial import without_trivial_part
from symbench.discovery.base import Symmetry
from symbench.metrics.discovery.agreement import truth_metrics
from symbench.metrics.discovery.algebra import algebra_metrics
from symbench.metrics.discovery.count import claimed_dimension
from symbench.tasks.base import GeneratorTask
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]

_DRAWS, _FEW_DRAWS = 30, 5
_QUICKLY_NAMED = 12  # generators: naming so(10), which has 45, takes seconds per draw


def evaluate_generators(
    symmetry: Symmetry, task: GeneratorTask, x: FloatArray, ignored: FloatArray | None = None
) -> Outcome:
    """The metrics of a claim that need no label, on scaled test vectors x (N, P, d).

    Claim and truth are compared and named modulo generators into the directions `ignored` (d, m) by the label. Raises
    ValueError for generators that are not finite or not of shape (k, d, d).
    """
    generators = np.asarray(symmetry.generators, dtype=np.float64)
    d = x.shape[2]
    if generators.ndim != 3 or generators.shape[1:] != (d, d) or not np.isfinite(generators).all():
        raise ValueError(f"the method claimed generators of shape {generators.shape}, or not finite, in dimension {d}")
    truth = task.truth()
    notes: dict[str, str] = {}
    claimed = generators
    if ignored is not None and ignored.shape[1]:
        claimed = without_trivial_part(generators, ignored)
        truth = None if truth is None else without_trivial_part(truth, ignored)
        notes["ignored"] = f"{ignored.shape[1]} of {d} directions do not change the label"
    moment = second_moment(x)
    metrics = {"steps": float(symmetry.steps), "count": float(claimed_dimension(claimed))}
    metrics |= {f"method_{name}": float(value) for name, value in symmetry.scalars.items()}
    angles = np.zeros(0)
    if truth is not None:
        metrics |= truth_metrics(claimed, truth, moment)
        angles = np.degrees(overlap(claimed, truth, moment).angles)
    # An algebra has several names, as so(3,1) and so(1,3): the truth is named from its generators, as a claim is.
    named = None if truth is None else name_of(in_frame_of(x, truth))
    recognised = None if named is None or named.startswith("unknown") else named
    algebra, notes["algebra"] = algebra_metrics(claimed, recognised, in_frame_of(x, claimed))
    metrics |= algebra
    truth_name = task.truth_name() or recognised
    if truth_name is not None:
        notes["truth"] = truth_name
    samples = symmetry.arrays.get("generator_samples")
    if samples is not None and len(samples) and len(claimed):
        draws = _DRAWS if len(generators) <= _QUICKLY_NAMED else _FEW_DRAWS
        voted = bootstrap_name([in_frame_of(x, sample) for sample in samples], draws=draws)
        notes["algebra_of_most_samples"], metrics["algebra_confidence"] = voted.name, voted.confidence
    arrays = {
        "generators": generators,
        "angles_deg": angles,
        "metric_tensor": invariant_metric(generators) if len(generators) else np.zeros((0, d)),
        "confidence": np.asarray(symmetry.confidence, dtype=np.float64),
        **{name: np.asarray(value) for name, value in symmetry.arrays.items() if name != "generator_samples"},
    }
    if symmetry.spectrum is not None:
        arrays["spectrum"] = np.asarray(symmetry.spectrum, dtype=np.float64)
    return Outcome(metrics=metrics, arrays=arrays, notes=notes)


def finite(metrics: dict[str, float]) -> dict[str, float]:
    """The metrics that could be computed, thus are finite, and all that the method itself gave."""
    return {name: value for name, value in metrics.items() if name.startswith("method_") or math.isfinite(value)}
