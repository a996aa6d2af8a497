"""Waiting for nodes: what an autoscaler is told, and for how long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import ray.autoscaler.sdk

from symbench.errors import InfrastructureError
from symbench.executors.limits import Limits
from symbench.executors.ray.executor import RayExecutor
from symbench.executors.ray.nodes import Node, idle_gpus
from symbench.trial.resources import Resources

SMALL = Node("n1", "10.0.0.1", True, {"CPU": 2.0}, {})
LARGE = Node("n2", "10.0.0.2", True, {"CPU": 8.0, "GPU": 4.0}, {"accelerator": "h100"})
ASKED = Resources(cpus=2, gpus=1, workers=2, labels={"accelerator": "h100"})


def test_gpus_that_nothing_requests_are_named() -> None:
    assert idle_gpus([Resources(cpus=2)], [SMALL]) is None
    assert idle_gpus([Resources(cpus=2), ASKED], [SMALL, LARGE]) is None
    warning = idle_gpus([Resources(cpus=2)], [SMALL, LARGE])
    assert warning is not None
    assert "no entry requests a GPU, so 4 stay idle" in warning
    assert idle_gpus([Resources(cpus=2)], [replace(LARGE, alive=False)]) is None


class Growing:
    """A cluster of which each look shows the next state."""

    def __init__(self, *states: list[Node]) -> None:
        self._states = list(states)

    def nodes(self) -> list[Node]:
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(ray.autoscaler.sdk, "request_resources", lambda **request: found.append(request))
    return found


def executor(watch: Growing, wait_s: float) -> RayExecutor:
    made = RayExecutor(address="head:6379", cpus=None, limits=Limits(wait_for_nodes_s=wait_s))
    made._watch = watch  # type: ignore[assignment]
    return made


def test_the_demand_is_told_with_its_labels_and_withdrawn_when_nodes_are_there(told: list[dict[str, Any]]) -> None:
    executor(Growing([SMALL], [SMALL], [SMALL, LARGE]), 60).admit({ASKED: "jets/pfn"})
    assert told == [
        {"bundles": [{"CPU": 2, "GPU": 1}] * 2, "bundle_label_selectors": [{"accelerator": "h100"}] * 2},
        {"bundles": []},
    ]


def test_it_is_withdrawn_when_nobody_comes(told: list[dict[str, Any]]) -> None:
    with pytest.raises(InfrastructureError, match=r"jets/pfn.*after waiting 0\.3 s"):
        executor(Growing([SMALL]), 0.3).admit({ASKED: "jets/pfn"})
    assert told[-1] == {"bundles": []}


def test_nothing_is_told_where_the_nodes_are_there_or_are_not_waited_for(told: list[dict[str, Any]]) -> None:
    executor(Growing([SMALL, LARGE]), 60).admit({ASKED: "jets/pfn"})
    with pytest.raises(InfrastructureError, match="--wait-for-nodes SECONDS"):
        executor(Growing([SMALL]), 0).admit({ASKED: "jets/pfn"})
    assert not told
