"""Where trials run: in this process or on Ray, behind one interface."""

from __future__ import annotations

import os

from symbench.executors.base import Executor
from symbench.executors.local import LocalExecutor

__all__ = ["Executor", "LocalExecutor", "make_executor"]


def make_executor(
    name: str,
    *,
    address: str | None = None,
    cpus: int | None = None,
    wait_for_nodes_s: float = 0.0,
    **limits: float,
) -> Executor:
    """The executor of this name, `local` or `ray`, not yet started.

    address            of a running Ray cluster; without one, Ray is started on this machine with `cpus` (all by
                       default)
    wait_for_nodes_s   seconds to wait for nodes that can hold every trial, where the cluster grows on demand
    limits             further fields of `symbench.executors.ray.trials.Limits`, such as `grace_s`
    """
    if name == "local":
        return LocalExecutor()
    if name != "ray":
        raise ValueError(f"{name!r} is neither 'ray' nor 'local'")
    from symbench.executors.ray.auth import choose_authentication

    choose_authentication(address)
    # Ray prints the faults of a cluster to standard output, where `--json` writes; results say what became of trials.
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")
    from symbench.executors.ray.executor import RayExecutor
    from symbench.executors.ray.trials import Limits

    return RayExecutor(address=address, cpus=cpus, limits=Limits(wait_for_nodes_s=wait_for_nodes_s, **limits))  # type: ignore[arg-type]
