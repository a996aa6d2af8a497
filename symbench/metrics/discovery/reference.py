"""How much of a label the networks explain that a claim is measured with, if the label has no formula."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (
    Metric(
        "reference_r2",
        "R² of the reference",
        "share of the label's variance that the networks which measure the defect explain on events that they were not "
        "fitted to",
        "",
        "higher",
    ),
    Metric("reference_r2_error", "error of that R²", "standard error of the R² of the reference", "", "lower", 3),
)


def reference_metrics(r2: tuple[float, float] | None) -> dict[str, float]:
    """R² on held-out events and its standard error; empty for a label with a formula."""
    return {} if r2 is None else {"reference_r2": r2[0], "reference_r2_error": r2[1]}
