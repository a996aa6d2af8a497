"""The nodes of a Ray cluster: their resources, how many trials fit on them, and which of them are alive."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ray

from symbench.errors import InfrastructureError
from symbench.trial.resources import Resources, amounts, amounts_text, describe

WATCH_EVERY_S = 1.0
HEAD_SILENCE_S = 30.0  # Ray itself aborts the driver's process after 60 s without the head
_HIDDEN = ("node:", "object_store_memory", "accelerator_type:")


@dataclass(frozen=True)
class Node:
    """A node as the cluster's head describes it; amounts under Ray's names, memory in bytes."""

    id: str
    address: str
    alive: bool
    resources: Mapping[str, float]
    labels: Mapping[str, str]

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Node:
        return cls(row["NodeID"], row["NodeManagerAddress"], row["Alive"], row["Resources"], row.get("Labels") or {})

    def __str__(self) -> str:
        shown = {name: amount for name, amount in self.resources.items() if not name.startswith(_HIDDEN)}
        order = {name: shown[name] for name in ("CPU", "GPU", "memory", *sorted(shown)) if name in shown}
        labels = [f"label {k}={v}" for k, v in sorted(self.labels.items()) if not k.startswith("ray.io/")]
        return f"{self.address}: " + ", ".join([amounts_text(order) or "nothing", *labels])

    def holds(self, request: Resources) -> int:
        """How many processes of this request fit on the empty node."""
        if any(self.labels.get(key) != value for key, value in request.labels):
            return 0
        return int(min(self.resources.get(name, 0.0) / amount + 1e-6 for name, amount in amounts(request).items()))


def slots(request: Resources, nodes: Iterable[Node]) -> int:
    """How many trials of this request run at once on these nodes if nothing else runs there."""
    return sum(node.holds(request) for node in nodes if node.alive) // request.workers


def impossible(requests: Mapping[Resources, str], nodes: Iterable[Node]) -> str | None:
    """The entries whose requests no node can meet, and the resources of the nodes; None if all can be met."""
    alive = [node for node in nodes if node.alive]
    unmet = [
        f"{names} asks for {describe(request)}" for request, names in requests.items() if not slots(request, alive)
    ]
    if not unmet:
        return None
    return f"no node can hold a request: {'; '.join(unmet)}. The nodes have: " + "; ".join(sorted(map(str, alive)))


def idle_gpus(requests: Iterable[Resources], nodes: Iterable[Node]) -> str | None:
    """A warning if nodes have GPUs and no request asks for one; None otherwise."""
    gpus = sum(node.resources.get("GPU", 0.0) for node in nodes if node.alive)
    if not gpus or any(request.gpus for request in requests):
        return None
    return (
        f"no entry requests a GPU, so {gpus:g} stay idle; set `resources: {{gpus: 1}}` for entries that should compute "
        "on one, or ask the cluster for CPUs only"
    )


class NodeWatch:
    """Polls the head for its nodes in a thread of its own, because the call blocks if the head is gone."""

    def __init__(self, dead_part: Callable[[], str | None] = lambda: None) -> None:
        """`dead_part` names a process of a cluster on this machine that has died, for an answer at once."""
        self._dead_part = dead_part
        self._own = ray.get_runtime_context().get_node_id()
        self._nodes: tuple[Node, ...] = ()
        self._answered = time.monotonic()
        self._stopped = threading.Event()
        self._read()
        self._thread = threading.Thread(target=self._follow, name="symbench-nodes", daemon=True)
        self._thread.start()

    def nodes(self) -> tuple[Node, ...]:
        """The nodes at the last poll, dead ones too; raises InfrastructureError if the driver has lost the cluster."""
        if (part := self._dead_part()) is not None:
            raise InfrastructureError(
                f"Ray's {part} died; what finished is in the journal, and the same command runs the rest"
            )
        silent = time.monotonic() - self._answered
        if silent > HEAD_SILENCE_S:
            raise InfrastructureError(
                f"the head of the Ray cluster has not answered for {silent:.0f} s; what finished is in the journal, "
                "and the same command runs the rest once the cluster is back"
            )
        if any(node.id == self._own and not node.alive for node in self._nodes):
            raise InfrastructureError(
                "the Ray node that this run is connected to died; what finished is in the journal, "
                "and the same command runs the rest"
            )
        return self._nodes

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=2 * WATCH_EVERY_S)

    def _follow(self) -> None:
        while not self._stopped.wait(WATCH_EVERY_S):
            try:
                self._read()
            except Exception:  # noqa: S112  # `nodes` reports the silence
                continue

    def _read(self) -> None:
        self._nodes = tuple(Node.read(row) for row in ray.nodes())
        self._answered = time.monotonic()
