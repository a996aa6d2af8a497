"""Where trials run: in this process or on Ray, behind one interface."""

from __future__ import annotations

from symbench.executors.base import Executor
from symbench.executors.local import LocalExecutor

__all__ = ["Executor", "LocalExecutor", "make_executor"]


def make_executor(name: str, *, address: str | None = None, cpus: int | None = None) -> Executor:
    """The executor of this name, `local` or `ray`, not yet started."""
    if name == "local":
        return LocalExecutor()
    from symbench.executors.ray import RayExecutor

    return RayExecutor(address=address, cpus=cpus)
