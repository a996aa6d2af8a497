"""What the function and the distribution track measure alike: a claimed span of generators, as an algebra and
against the true one."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from symbench.algebra.confidence import bootstrap_name
from symbench.algebra.metric import invariant_metric
from symbench.algebra.structure import name_of
from symbench.algebra.subspace import overlap, second_moment
from symbench.discovery.base import Symmetry
from symbench.metrics.discovery.agreement import truth_metrics
from symbench.metrics.discovery.algebra import algebra_metrics
from symbench.metrics.discovery.count import claimed_dimension
from symbench.tasks.base import GeneratorTask
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]

_DRAWS, _FEW_DRAWS = 30, 5
_QUICKLY_NAMED = 12  # generators: naming so(10), with its 45, takes seconds a draw


def evaluate_generators(symmetry: Symmetry, task: GeneratorTask, x: FloatArray) -> Outcome:
    """Metrics of a claim that need no label, on scaled test vectors x (N, P, d).

    Raises ValueError for generators of another shape than (k, d, d), or not finite.
    """
    found = np.asarray(symmetry.generators, dtype=np.float64)
    d = x.shape[2]
    if found.ndim != 3 or found.shape[1:] != (d, d) or not np.isfinite(found).all():
        raise ValueError(f"a method claimed generators of shape {found.shape}, or not finite, in dimension {d}")
    truth = task.truth()
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
        draws = _DRAWS if len(found) <= _QUICKLY_NAMED else _FEW_DRAWS
        voted = bootstrap_name(list(samples), draws=draws)
        notes["algebra_of_most_samples"], metrics["algebra_confidence"] = voted.name, voted.confidence
    arrays = {
        "generators": found,
        "angles_deg": angles,
        "metric_tensor": invariant_metric(found) if len(found) else np.zeros((0, d)),
        "confidence": np.asarray(symmetry.confidence, dtype=np.float64),
        **{name: np.asarray(value) for name, value in symmetry.arrays.items() if name != "generator_samples"},
    }
    if symmetry.spectrum is not None:
        arrays["spectrum"] = np.asarray(symmetry.spectrum, dtype=np.float64)
    return Outcome(metrics=metrics, arrays=arrays, notes=notes)


def finite(metrics: dict[str, float]) -> dict[str, float]:
    """The metrics that are numbers: what could not be computed is absent."""
    return {name: value for name, value in metrics.items() if math.isfinite(value)}
