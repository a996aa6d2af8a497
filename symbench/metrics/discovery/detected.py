"""Whether a claim contains the whole true algebra."""

from __future__ import annotations

from symbench.metrics.metric import outcome

DETECTED = 0.95
"""The recall from which an algebra counts as detected."""

METRICS = (
    outcome(
        "detected",
        "detected",
        f"fraction of seeds whose claim contains the whole true algebra, with a recall of at least {DETECTED}",
        "higher",
        2,
    ),
)


def detected(recall: float) -> float:
    """1 or 0; defined only for a task with a symmetry."""
    return float(recall >= DETECTED)
