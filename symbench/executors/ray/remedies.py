"""Small tasks on one node of the cluster, which need no CPU: whether it lives, and the end of stopped workers on it."""

from __future__ import annotations

import os
from typing import Any

import ray


def probe(node: str) -> Any:
    """A reference that becomes ready when the node has executed a task, or is known to be dead: then it is an error."""
    return _on(node, _answer)


def end_stopped_workers(node: str) -> Any:
    """Kill the workers of this node that are stopped (SIGSTOP); only for a cluster that nobody else uses."""
    return _on(node, _end_stopped_workers)


def _on(node: str, function: Any) -> Any:
    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
    return ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=here)(function).remote()


def _answer() -> None:
    return None


def _end_stopped_workers() -> None:
    import contextlib

    import psutil

    for worker in psutil.Process(os.getppid()).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if worker.status() == psutil.STATUS_STOPPED:
                worker.kill()
