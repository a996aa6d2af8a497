"""What the nodes of a Ray cluster have, what fits there, and a watch on which of them are alive."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
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

    def holds(self, asked: Resources) -> int:
        """How many processes of this request the node holds when it is empty."""
        if any(self.labels.get(key) != value for key, value in asked.labels):
            return 0
        return int(min(self.resources.get(name, 0.0) / amount + 1e-6 for name, amount in amounts(asked).items()))


def slots(asked: Resources, nodes: Iterable[Node]) -> int:
    """How many trials of this request run at once on these nodes when nothing else does."""
    return sum(node.holds(asked) for node in nodes if node.alive) // asked.workers


def impossible(requests: Mapping[Resources, str], nodes: Iterable[Node]) -> str | None:
    """Why some request can never be met by these nodes, entry by entry; None when each can be."""
    alive = [node for node in nodes if node.alive]
    unmet = [f"{who} asks for {describe(asked)}" for asked, who in requests.items() if not slots(asked, alive)]
    if not unmet:
        return None
    return f"no node can hold what is asked: {'; '.join(unmet)}. The nodes have: " + "; ".join(sorted(map(str, alive)))


class NodeWatch:
    """Asks the head for its nodes again and again, in a thread of its own: that call blocks where the head is gone."""

    def __init__(self) -> None:
        self._own = ray.get_runtime_context().get_node_id()
        self._nodes: tuple[Node, ...] = ()
        self._answered = time.monotonic()
        self._stopped = threading.Event()
        self._read()
        self._thread = threading.Thread(target=self._follow, name="symbench-nodes", daemon=True)
        self._thread.start()

    def nodes(self) -> tuple[Node, ...]:
        """The nodes as last seen, dead ones too. Raises InfrastructureError when the cluster is lost to this driver."""
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
            except Exception:  # noqa: S112  # silence is what `nodes` reports
                continue

    def _read(self) -> None:
        self._nodes = tuple(Node.read(row) for row in ray.nodes())
        self._answered = time.monotonic()
