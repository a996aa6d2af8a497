"""The change of a label under finite group elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.metrics.label import LabelFunction

METRICS = (
    Metric(
        "finite_error_max",
        "finite error",
        "RMS change of the label under finite group elements, up to half the size of the data, divided by its spread",
        "",
        "lower",
        2,
        "significant",
    ),
)

PARAMETERS = (-0.5, -0.1, 0.1, 0.5)


def finite_errors(
    generators: npt.NDArray[np.float64], f: LabelFunction, x: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """RMS(f(e^{tL} x) − f(x))/σ_f of each generator (k, d, d), the largest over the parameters t: shape (k,).

    Generators are scaled to displacement 1 first: t ∈ {±0.1, ±0.5} counts displacements of the size of the data in
    whitened coordinates, in every frame and unit.
    """
    import numpy as np
    import torch

    from symbench.algebra.exponential import exponential
    from symbench.algebra.label_spread import data_displacement

    lengths = data_displacement(generators, x)
    unit = generators / np.where(lengths > 0, lengths, 1.0)[:, None, None]
    events = torch.from_numpy(np.ascontiguousarray(x))
    before = f(events)
    spread = before.std()
    errors = np.zeros(len(generators))
    for t in PARAMETERS:
        for row, g in enumerate(exponential(torch.from_numpy(t * unit))):
            change = (f(events @ g.T) - before).square().mean().sqrt() / spread
            errors[row] = max(errors[row], float(change))
    return errors
