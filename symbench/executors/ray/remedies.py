"""Ends of tasks and of stopped workers, and whether a node lives: small tasks on it, which need no CPU."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Any

import ray


def probe(node: str) -> Any:
    """A reference that becomes ready when the node has executed a task, or is known to be dead: then it is an error."""
    return _on(node, _answer)


def end_stopped_workers(node: str) -> Any:
    """Kill the workers of this node that are stopped (SIGSTOP); only for a cluster that nobody else uses."""
    return _on(node, _end_stopped_workers)


def cancel(tasks: Sequence[Any]) -> None:
    """Ask Ray to end these tasks and their workers."""
    for task in tasks:
        with contextlib.suppress(ray.exceptions.RayError):
            ray.cancel(task, force=True)


def _on(node: str, function: Any) -> Any:
    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
    return ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=here)(function).remote()


def _answer() -> None:
    return None


def _end_stopped_workers() -> None:
    import psutil

    for worker in psutil.Process(os.getppid()).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if worker.status() == psutil.STATUS_STOPPED:
                worker.kill()
