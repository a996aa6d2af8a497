"""The fraction of decisions that an operation changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbench.metrics.metric import UNIT, Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.metrics.operations.base import Operation

    Floats = npt.NDArray[np.floating[Any]]


def of_operation(operation: Operation) -> tuple[Metric, ...]:
    """The fraction of decisions that an operation changes."""
    title = operation.title
    return (
        Metric(
            f"flip_rate_{operation.name}",
            f"flips, {title}",
            f"fraction of decisions changed by {title}",
            "",
            "lower",
            support=UNIT,
        ),
    )


def flip_rate(before: Floats, after: Floats) -> float:
    """Share of jets whose decision changes: the sign of z, or the largest of several outputs."""
    import numpy as np

    return float(np.mean(_decision(before) != _decision(after)))


def _decision(values: Floats) -> npt.NDArray[Any]:
    import numpy as np

    if values.ndim == 1 or values.shape[1] == 1:
        return np.asarray(values.reshape(len(values)) > 0)
    return np.asarray(values.argmax(axis=1))
