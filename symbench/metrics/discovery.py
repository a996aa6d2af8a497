"""How good a claimed symmetry is: against the known truth, against the label, and as an algebra."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.defects import relative_defects
from symbench.algebra.metric import invariant_metric, minkowski_cosine
from symbench.algebra.structure import closure_residual, name_of
from symbench.algebra.subspace import Overlap, orthonormal, overlap

if TYPE_CHECKING:
    import torch

FloatArray = npt.NDArray[np.float64]
LabelFunction = Callable[["torch.Tensor"], "torch.Tensor"]

PARAMETERS = (-0.5, -0.1, 0.1, 0.5)


def truth_metrics(found: FloatArray, truth: FloatArray, moment: FloatArray) -> dict[str, float]:
    """Agreement of the spans of found (k, d, d) and truth (k*, d, d), weighted by Σ = `moment` (d, d) and not.

    Where the truth is "no symmetry", claiming nothing scores 1 and claiming anything 0. Where there is a symmetry and
    nothing is claimed, recall and f1 are 0 and there is no precision. Angles are in degrees, `grassmann` in radians.
    """
    weighted, plain = overlap(found, truth, moment), overlap(found, truth)
    metrics = {"count": float(plain.found), "count_error": float(plain.found - plain.truth)}
    metrics |= _scores(weighted, "") | _scores(plain, "_unweighted")
    if plain.truth == 0:
        metrics["false_discovery"] = float(plain.found > 0)
        return metrics
    chance = weighted.f1_of_chance if weighted.found else 0.0
    if chance < 1:
        metrics["f1_chance_corrected"] = (metrics["f1"] - chance) / (1 - chance)
    if len(weighted.angles):
        metrics["angle_max_deg"] = math.degrees(float(weighted.angles[-1]))
        metrics["angle_mean_deg"] = math.degrees(float(weighted.angles.mean()))
        metrics["grassmann"] = weighted.grassmann
    if len(plain.angles):
        metrics["grassmann_unweighted"] = plain.grassmann
    return metrics


def _scores(found: Overlap, suffix: str) -> dict[str, float]:
    names = [name + suffix for name in ("f1", "recall", "precision")]
    if found.truth == 0:
        score = 1.0 if found.found == 0 else 0.0
        return dict.fromkeys(names, score)
    if found.found == 0:
        return {names[0]: 0.0, names[1]: 0.0}
    return dict(zip(names, (found.f1, found.recall, found.precision), strict=True))


def algebra_metrics(found: FloatArray, truth_name: str | None) -> tuple[dict[str, float], str]:
    """Closure, whether the algebra has the right name, and |cos| of its metric tensor to η; and the name."""
    name = name_of(found)
    metrics: dict[str, float] = {}
    if len(found):
        metrics["closure"] = closure_residual(found)
        if found.shape[-1] == 4:
            metrics["eta_cosine"] = minkowski_cosine(invariant_metric(found))
    if truth_name is not None:
        metrics["algebra_correct"] = float(name == truth_name)
    return metrics, name


def defect_metrics(found: FloatArray, gradients: FloatArray, x: FloatArray) -> tuple[dict[str, float], FloatArray]:
    """Largest and mean relative defect of the generators (k, d, d), and all of them (k,).

    gradients and x (N, P, d) are of events that the method has not seen.
    """
    defects = relative_defects(found, gradients, x)
    if not len(defects):
        return {}, defects
    return {"defect_max": float(defects.max()), "defect_mean": float(defects.mean())}, defects


def label_gradient(f: LabelFunction, x: FloatArray) -> FloatArray:
    """∇_p f at x (N, P, d) by automatic differentiation: shape (N, P, d)."""
    import torch

    inputs = torch.from_numpy(np.ascontiguousarray(x)).requires_grad_()
    (gradient,) = torch.autograd.grad(f(inputs).sum(), inputs)
    return np.asarray(gradient.numpy())


def finite_errors(found: FloatArray, f: LabelFunction, x: FloatArray) -> FloatArray:
    """RMS(f(e^{tL} x) − f(x))/σ_f of each generator (k, d, d), the largest over the parameters t: shape (k,).

    Generators are scaled to spectral norm 1 first, so that t ∈ {±0.1, ±0.5} is the angle of a rotation and the
    rapidity of a boost.
    """
    import torch

    from symbench.algebra.exponential import exponential

    lengths = np.linalg.norm(found, ord=2, axis=(1, 2))
    unit = found / np.where(lengths > 0, lengths, 1.0)[:, None, None]
    events = torch.from_numpy(np.ascontiguousarray(x))
    before = f(events)
    spread = before.std()
    errors = np.zeros(len(found))
    for t in PARAMETERS:
        for row, g in enumerate(exponential(torch.from_numpy(t * unit))):
            change = (f(events @ g.T) - before).square().mean().sqrt() / spread
            errors[row] = max(errors[row], float(change))
    return errors


def claimed_dimension(found: FloatArray) -> int:
    """Number of linearly independent generators in a claim (k, d, d)."""
    return len(orthonormal(found))
