"""Columns of tables that are not metrics of a trial: `trial.execute` records times and memory separately."""

from __future__ import annotations

from symbench.metrics.metric import Metric


def _seconds(part: str, title: str, definition: str) -> Metric:
    return Metric(f"{part}_seconds", title, definition, "s", "lower", 3, "significant", of_trial=False)


METRICS = (
    _seconds("fit", "fit", "wall time of one fit"),
    _seconds("evaluate", "evaluation", "wall time of evaluating one trial"),
    _seconds("data", "data", "wall time of loading the data for a trial"),
    _seconds("total", "wall", "wall time of the whole trial"),
    _seconds("cpu", "CPU", "processor time of the whole trial"),
    Metric("peak_memory_mib", "peak memory", "largest resident size of the trial", "MiB", "lower", 0, of_trial=False),
)
