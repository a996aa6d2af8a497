"""The claim as a Lie algebra: its name and its metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.discovery.closure import closure
from symbench.metrics.discovery.eta_cosine import eta_cosine
from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

METRICS = (
    Metric(
        "algebra_correct", "algebra named", "fraction of seeds with the correct name of the algebra", "", "higher", 2
    ),
)


def algebra_correct(name: str, truth_name: str) -> float:
    """1 if the claim's algebra has the name of the true one, 0 otherwise."""
    return float(name == truth_name)


def algebra_metrics(
    generators: npt.NDArray[np.float64], truth_name: str | None, inside: npt.NDArray[np.float64]
) -> tuple[dict[str, float], str]:
    """Closure, |cos| of the metric tensor to η, and correctness of the name for a claim (k, d, d); and the name.

    inside   the claim in the frame of the data (`algebra.label_spread.in_frame_of`), which name and closure refer to
    """
    from symbench.algebra.structure import name_of

    name = name_of(inside)
    metrics: dict[str, float] = {}
    if len(generators):
        metrics["closure"] = closure(inside)
        if generators.shape[-1] == 4:
            metrics["eta_cosine"] = eta_cosine(generators)
    if truth_name is not None:
        metrics["algebra_correct"] = algebra_correct(name, truth_name)
    return metrics, name
