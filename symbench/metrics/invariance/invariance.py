"""The invariance error: the RMS change of the output divided by its spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.metrics.operations.base import Operation

    Floats = npt.NDArray[np.floating[Any]]

PRECISIONS = {"float32": "float32", "float64": "float64", "fixed_beams": "beams fixed"}
"""Precision, or float64 with the network's reference vectors fixed, with its name in tables."""


def of_operation(operation: Operation) -> tuple[Metric, ...]:
    """The invariance error under an operation, in each precision."""
    return tuple(
        Metric(
            f"invariance_{operation.name}_{suffix}",
            f"{operation.title}, {words}",
            f"RMS change of the logit under {operation.title}, divided by its spread ({words})",
            "",
            "lower",
            2,
            "significant",
        )
        for suffix, words in PRECISIONS.items()
    )


def invariance_error(before: Floats, after: Floats) -> float | None:
    """√⟨‖z(gx) − z(x)‖²⟩ / √⟨‖z(x) − ⟨z⟩‖²⟩; None for an output that does not vary at all."""
    import numpy as np

    spread = float(np.sqrt(np.mean(squares(before - before.mean(axis=0)))))
    if not spread > 0:
        return None
    return float(np.sqrt(np.mean(squares(after - before))) / spread)


def over_grid(errors: list[float]) -> float:
    """The invariance error over strengths of equal weight: the root mean square."""
    import numpy as np

    return float(np.sqrt(np.mean(np.square(errors))))


def squares(values: Floats) -> Floats:
    """‖v‖² of each row, (N,)."""
    import numpy as np

    return np.asarray((values.reshape(len(values), -1) ** 2).sum(axis=1))
