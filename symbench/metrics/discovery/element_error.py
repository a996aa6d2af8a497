"""The change of a label under claimed elements of a group, which may be discrete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.metrics.label import LabelFunction

METRICS = (
    Metric(
        "element_error_max",
        "element error",
        "RMS change of the label under the claimed group elements, divided by its spread",
        "",
        "lower",
        3,
        "significant",
    ),
)


def element_error(elements: npt.NDArray[np.float64], f: LabelFunction, x: npt.NDArray[np.float64]) -> float:
    """RMS(f(gx) − f(x))/σ_f on events x (N, P, d), the largest over group elements g (k, d, d).

    0 for symmetries, the identity among them; about √2 for an element after which the label is as good as redrawn.
    """
    import numpy as np
    import torch

    events = torch.from_numpy(np.ascontiguousarray(x))
    before = f(events)
    changes = [(f(events @ torch.from_numpy(np.ascontiguousarray(g)).T) - before).square().mean() for g in elements]
    return float(max(changes).sqrt() / before.std())
