"""Where trials run: in this process or on Ray, behind one interface."""

from __future__ import annotations

from symbench.executors.base import Executor
from symbench.executors.local import LocalExecutor

__all__ = ["Executor", "LocalExecutor", "make_executor"]


def make_executor(
    name: str, *, address: str | None = None, cpus: int | None = None, grace_s: float | None = None
) -> Executor:
    """The executor of this name, `local` or `ray`, not yet started.

    address   of a running Ray cluster; without one, Ray is started on this machine with `cpus` (all by default)
    grace_s   seconds past a trial's limit after which Ray kills its worker
    """
    if name == "local":
        return LocalExecutor()
    if name != "ray":
        raise ValueError(f"{name!r} is neither 'ray' nor 'local'")
    from symbench.executors.ray_auth import choose_authentication

    choose_authentication(address)
    from symbench.executors.ray import GRACE_S, RayExecutor

    return RayExecutor(address=address, cpus=cpus, grace_s=GRACE_S if grace_s is None else grace_s)
