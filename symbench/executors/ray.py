"""Trials as plain Ray tasks: a warm one costs a millisecond or two, which a Tune trial does not."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar

import ray

from symbench.data.splits import Pool
from symbench.errors import InfrastructureError
from symbench.executors.base import Executor
from symbench.registry import Plugin
from symbench.trial import Resources, Status, TrialResult, TrialSpec
from symbench.worker import execute, unexecuted

# A worker ends its own trial at the limit. The driver steps in when that did not work, after the time that a fresh
# worker may need to start and to import torch.
GRACE_S = 30.0
LOST_WORKER_RETRIES = 1
_CAPACITY_EVERY_S = 5.0


@dataclass(frozen=True)
class _InFlight:
    spec: TrialSpec
    kill_at: float


class RayExecutor(Executor):
    """Ray on this machine, started and stopped with the executor, or a running cluster by its address."""

    name: ClassVar[str] = "ray"
    isolates: ClassVar[bool] = True

    def __init__(self, *, address: str | None, cpus: int | None, grace_s: float) -> None:
        self.address = address
        self.cpus = cpus
        self.grace_s = grace_s
        self._remotes: dict[Resources, Any] = {}
        self._capacity: dict[str, float] = {}
        self._capacity_read = float("-inf")
        self._folder: str | None = None

    def __enter__(self) -> RayExecutor:
        # Ray warns about a coming change of what a task without GPUs sees; trials choose their device themselves.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False, "namespace": "symbench"}
        if self.address is None:
            self._folder = tempfile.mkdtemp(prefix="sb-", dir="/tmp")  # sockets need a short path
            options |= {
                "address": "local",
                "include_dashboard": False,
                "num_cpus": self.cpus,
                "_node_ip_address": "127.0.0.1",
                "_temp_dir": self._folder,
            }
        else:
            options["address"] = self.address
        try:
            ray.init(**options)
        except Exception as error:
            where = self.address or "this machine"
            raise InfrastructureError(f"Ray cannot be started or joined on {where}: {error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ray.shutdown()
        self._remotes.clear()
        self._capacity_read = float("-inf")
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def run(
        self, specs: Iterable[TrialSpec], pools: Mapping[str, Pool], plugins: Sequence[Plugin] = ()
    ) -> Iterator[TrialResult]:
        shared: dict[str, Any] = {}
        shared_plugins = ray.put(tuple(plugins))
        in_flight: dict[Any, _InFlight] = {}
        queue = iter(specs)
        waiting = next(queue, None)
        try:
            while waiting is not None or in_flight:
                while waiting is not None and self._fits(waiting, in_flight.values()):
                    digest = waiting.data_digest
                    if digest not in shared:
                        shared[digest] = ray.put(pools[digest])
                    reference = self._remote(waiting.resources).remote(waiting, shared[digest], shared_plugins)
                    kill_at = time.monotonic() + waiting.resources.timeout_s + self.grace_s
                    in_flight[reference] = _InFlight(waiting, kill_at)
                    waiting = next(queue, None)
                for reference in self._ready(in_flight):
                    yield _result(reference, in_flight.pop(reference).spec)
                now = time.monotonic()
                for reference in [r for r, trial in in_flight.items() if trial.kill_at < now]:
                    ray.cancel(reference, force=True)
                    spec = in_flight.pop(reference).spec
                    limit = spec.resources.timeout_s
                    message = f"the trial ran past its limit of {limit:g} s without ending; its worker was killed"
                    yield unexecuted(spec, Status.TIMEOUT, "TrialTimeoutError", message)
        finally:
            for reference in in_flight:
                with contextlib.suppress(Exception):
                    ray.cancel(reference, force=True)

    def fan_out(self, function: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        remote = ray.remote(num_cpus=1, max_retries=LOST_WORKER_RETRIES)(function)
        return list(ray.get([remote.remote(argument) for argument in arguments]))

    def describe(self) -> str:
        cluster = ray.cluster_resources()
        nodes = sum(1 for node in ray.nodes() if node["Alive"])
        where = f"on the cluster at {self.address}" if self.address else "on this machine"
        parts = [f"{cluster.get('CPU', 0):g} CPUs"]
        if cluster.get("GPU"):
            parts.append(f"{cluster['GPU']:g} GPUs")
        if nodes > 1:
            parts.append(f"{nodes} nodes")
        return f"Ray {ray.__version__} {where}: {', '.join(parts)}"

    def _ready(self, in_flight: Mapping[Any, _InFlight]) -> list[Any]:
        """Wait for at least one trial, no longer than to the next deadline."""
        if not in_flight:
            time.sleep(0.1)  # nothing fits while another job holds the cluster
            return []
        next_kill = min(trial.kill_at for trial in in_flight.values())
        timeout = max(0.01, min(1.0, next_kill - time.monotonic()))
        ready, _ = ray.wait(list(in_flight), num_returns=1, timeout=timeout, fetch_local=True)
        return list(ready)

    def _fits(self, spec: TrialSpec, running: Iterable[_InFlight]) -> bool:
        """Whether the cluster has room: what is submitted runs at once, so its time limit starts with it."""
        if time.monotonic() - self._capacity_read > _CAPACITY_EVERY_S:
            self._capacity = ray.cluster_resources()
            self._capacity_read = time.monotonic()
        self._must_fit_a_node(spec.resources)
        used = [trial.spec.resources for trial in running]
        cpus = sum(r.cpus for r in used) + spec.resources.cpus
        gpus = sum(r.gpus for r in used) + spec.resources.gpus
        return cpus <= self._capacity.get("CPU", 0) + 1e-6 and gpus <= self._capacity.get("GPU", 0) + 1e-6

    def _must_fit_a_node(self, asked: Resources) -> None:
        if asked in self._remotes:
            return
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        memory = (asked.memory_gib or 0) * 1024**3
        for node in nodes:
            if (
                asked.cpus <= node.get("CPU", 0)
                and asked.gpus <= node.get("GPU", 0)
                and memory <= node.get("memory", 0)
            ):
                return
        largest = [
            f"{node.get('CPU', 0):g} CPUs, {node.get('GPU', 0):g} GPUs, {node.get('memory', 0) / 1024**3:.1f} GiB"
            for node in nodes
        ]
        raise InfrastructureError(
            f"no node can hold a trial with {asked.cpus:g} CPUs, {asked.gpus:g} GPUs and "
            f"{asked.memory_gib or 0:g} GiB; the nodes have: " + "; ".join(sorted(set(largest)))
        )

    def _remote(self, asked: Resources) -> Any:
        """One wrapper a resource class: Ray then reuses the workers of that class."""
        if asked not in self._remotes:
            options: dict[str, Any] = {"num_cpus": asked.cpus, "max_retries": LOST_WORKER_RETRIES}
            if asked.gpus:
                # A fresh process a trial gives the GPU's memory back.
                options |= {"num_gpus": asked.gpus, "max_calls": 1}
            if asked.memory_gib:
                options["memory"] = int(asked.memory_gib * 1024**3)
            self._remotes[asked] = ray.remote(**options)(execute)
        return self._remotes[asked]


def _result(reference: Any, spec: TrialSpec) -> TrialResult:
    """The result of a finished task, or the record of how its worker was lost."""
    try:
        result: TrialResult = ray.get(reference)
        return result
    except ray.exceptions.OutOfMemoryError as error:
        return unexecuted(spec, Status.OOM, "OutOfMemoryError", str(error)[:2000])
    except (
        ray.exceptions.WorkerCrashedError,
        ray.exceptions.NodeDiedError,
        ray.exceptions.ObjectLostError,
    ) as error:
        message = f"the worker died {LOST_WORKER_RETRIES + 1} times: {str(error)[:1800]}"
        return unexecuted(spec, Status.FAILED, type(error).__name__, message)
    except ray.exceptions.RayError as error:
        return unexecuted(spec, Status.FAILED, type(error).__name__, str(error)[:2000])
