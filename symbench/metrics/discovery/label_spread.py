"""The strength of a claim: how far the label moves along the claimed generators on test events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

METRICS = (
    Metric(
        "label_spread_max",
        "label spread σ",
        "largest change of the label along a generator, in standard deviations of the label, for a displacement of the "
        "size of the data, on the central 80 % of the test events",
        "",
        "lower",
        2,
        "significant",
    ),
)


def label_spread_metrics(spreads: npt.NDArray[np.float64]) -> dict[str, float]:
    """The largest label spread of generators (k,); empty for an empty claim."""
    return {"label_spread_max": float(spreads.max())} if len(spreads) else {}
