"""The request of a trial as options of `ray.remote`."""

from __future__ import annotations

from typing import Any

from symbench.trial.resources import Resources, amounts


def task_options(request: Resources) -> dict[str, Any]:
    """The resources of one process of a trial, for a task."""
    custom = amounts(request)
    options: dict[str, Any] = {"num_cpus": custom.pop("CPU")}
    if gpus := custom.pop("GPU", 0):
        # A new process for each trial frees the GPU's memory.
        options |= {"num_gpus": gpus, "max_calls": 1}
    if memory := custom.pop("memory", 0):
        options["memory"] = int(memory)
    options["resources"] = custom
    if request.labels:
        options["label_selector"] = dict(request.labels)
    return options
