"""Where trials run: in this process or on Ray, behind one interface (`base`); `conformance` checks any executor."""

from __future__ import annotations

import os

from symbench.executors.base import Executor
from symbench.executors.limits import Limits
from symbench.executors.local import LocalExecutor

__all__ = ["Executor", "Limits", "LocalExecutor", "make_executor"]


def make_executor(
    name: str, *, address: str | None = None, cpus: int | None = None, limits: Limits | None = None
) -> Executor:
    """The executor of this name, `local` or `ray`, not yet started.

    address   of a running Ray cluster; by default, Ray is started on this machine
    cpus      CPUs of a Ray that is started on this machine; all by default
    limits    time and size limits on Ray
    """
    if name == "local":
        return LocalExecutor()
    if name != "ray":
        raise ValueError(f"{name!r} is neither 'ray' nor 'local'")
    from symbench.executors.ray.auth import choose_authentication

    choose_authentication(address)
    # Ray prints the faults of a cluster to standard output, where `--json` writes; results record how trials ended.
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")
    from symbench.executors.ray.executor import RayExecutor

    return RayExecutor(address=address, cpus=cpus, limits=limits or Limits())
