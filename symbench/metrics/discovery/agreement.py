"""Every metric that compares a claimed span with the true one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from symbench.metrics.discovery.angle import angle_metrics
from symbench.metrics.discovery.chance import NO_CLAIM, Chance, chance_metrics, chance_of_spans
from symbench.metrics.discovery.f1 import f1
from symbench.metrics.discovery.false_discovery import false_discovery
from symbench.metrics.discovery.grassmann import grassmann
from symbench.metrics.discovery.precision import precision
from symbench.metrics.discovery.recall import recall

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.algebra.subspace import Overlap

    FloatArray = npt.NDArray[np.float64]


def truth_metrics(claimed: FloatArray, truth: FloatArray, moment: FloatArray) -> dict[str, float]:
    """Agreement of the spans of claimed (k, d, d) and truth (k*, d, d), weighted by Σ = `moment` (d, d) and unweighted.

    If the truth is "no symmetry", claiming nothing scores 1 and claiming anything 0. If there is a symmetry and
    nothing is claimed, recall and f1 are 0 and there is no precision. Angles are in degrees, `grassmann` in radians.
    """
    from symbench.algebra.subspace import overlap

    weighted, plain = overlap(claimed, truth, moment), overlap(claimed, truth)
    metrics = _counts(plain) | _scores(weighted, "") | _scores(plain, "_unweighted")
    if plain.truth == 0:
        return metrics | _of_control(metrics["f1"], plain.found)
    chance = chance_metrics(metrics["f1"], chance_of_spans(weighted))
    lengths = {"grassmann": grassmann(weighted), "grassmann_unweighted": grassmann(plain)}
    return metrics | chance | angle_metrics(weighted) | _known(lengths)


def field_truth_metrics(spans: Overlap, chance: Chance) -> dict[str, float]:
    """As `truth_metrics`, of spans of vector fields, with the chance of `chance_of_fields`."""
    metrics = _counts(spans) | _scores(spans, "")
    if spans.truth == 0:
        return metrics | _of_control(metrics["f1"], spans.found)
    return (
        metrics | chance_metrics(metrics["f1"], chance) | _known({"grassmann": grassmann(spans)}) | angle_metrics(spans)
    )


def _of_control(f1: float, found: float) -> dict[str, float]:
    """The metrics of a control; its F1 needs no correction for chance."""
    return {"false_discovery": false_discovery(found), **chance_metrics(f1, NO_CLAIM)}


def _counts(spans: Overlap) -> dict[str, float]:
    return {"count": float(spans.found), "count_error": float(spans.found - spans.truth)}


def _scores(spans: Overlap, suffix: str) -> dict[str, float]:
    scores = {"f1": f1(spans), "recall": recall(spans), "precision": precision(spans)}
    return _known({f"{name}{suffix}": value for name, value in scores.items()})


def _known(metrics: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if value is not None}
