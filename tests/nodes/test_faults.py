"""Parts of a cluster that die while a suite runs: every trial ends exactly once in journal and MLflow."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from symbench.errors import InfrastructureError
from symbench.home import Home
from symbench.suite.resolve import CheckedSuite
from symbench.trial.result import Status
from tests.nodes.conftest import Nodes, cluster, exactly_once, pids, running_on, when

MakeSuite = Callable[[str], CheckedSuite]
RunOn = Callable[..., Any]


def _suite(
    make_suite: MakeSuite,
    tmp_path: Path,
    name: str,
    seeds: int,
    how: str = "well",
    more: str = "",
    seconds: float = 1.0,
) -> CheckedSuite:
    return make_suite(f"""
name: {name}
seeds: {seeds}
timeout: 100 s
discovery:
  - task: tiny
    train_sizes: [10]
    methods:
      - {{name: behave, params: {{how: {how}, trace: {tmp_path}, seconds: {seconds}}}{more}}}
""")


def test_a_worker_that_is_killed(nodes: Nodes, run_on: RunOn, make_suite: MakeSuite, tmp_path: Path) -> None:
    suite = _suite(make_suite, tmp_path, "worker", 2, "sleep-once")
    killed: set[int] = set()

    def new() -> set[int]:
        return set(pids(tmp_path, "sleep-once")[:2]) - killed

    def kill(found: set[int]) -> None:
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        killed.update(found)
        if len(killed) < 2:
            when(new, kill)

    when(new, kill)
    _, results = run_on(nodes, suite)
    assert {r.status for r in results.values()} == {Status.OK}
    assert killed
    assert max(r.notes["attempts"] for r in results.values()) == "2"
    assert any("WorkerCrashedError on node" in r.notes.get("lost_workers", "") for r in results.values())


def test_a_node_that_is_killed(nodes: Nodes, run_on: RunOn, make_suite: MakeSuite, tmp_path: Path) -> None:
    lost = nodes.add(num_cpus=2)
    suite = _suite(make_suite, tmp_path, "node", 10, seconds=3.0)
    seen: list[float] = []

    def running_for_a_second() -> bool:
        """So that the driver has heard of it: a trial that nobody heard of was only queued, and has lost no attempt."""
        if running_on(lost, tmp_path):
            seen.append(time.monotonic())
        return bool(seen) and seen[-1] - seen[0] > 1.0

    kill = when(running_for_a_second, lambda _: nodes.kill(lost))
    summary, results = run_on(nodes, suite)
    kill.join(1)
    assert {r.status for r in results.values()} == {Status.OK}
    again = [r for r in results.values() if r.notes["attempts"] == "2"]
    assert again, "trials ran there when it died"
    assert all(lost.node_id[:12] in r.notes["lost_workers"] for r in again)
    assert all(r.notes["node"] != lost.node_id for r in again)
    assert summary.executed == 10


def test_a_node_that_joins_late(nodes: Nodes, run_on: RunOn, make_suite: MakeSuite, tmp_path: Path) -> None:
    """Waited for at the start where a trial can run nowhere else, and used at once where it can."""
    suite = _suite(make_suite, tmp_path, "late", 6, more=", resources: {labels: {zone: late}}")
    added: list[Any] = []
    join = when(lambda: True, lambda _: added.append(nodes.add(num_cpus=1, labels={"zone": "late"})))
    _, results = run_on(nodes, suite, wait_for_nodes_s=60)
    join.join(60)
    assert {r.status for r in results.values()} == {Status.OK}
    assert {r.notes["node"] for r in results.values()} == {added[0].node_id}


@pytest.mark.slow
def test_nodes_that_are_lost_and_do_not_come_back(
    nodes: Nodes, run_on: RunOn, make_suite: MakeSuite, tmp_path: Path, home: Home
) -> None:
    """What runs elsewhere is finished first; then an error says what is missing, and a second run does the rest."""
    text = f"""
name: gone
seeds: 4
timeout: 100 s
discovery:
  - task: tiny
    train_sizes: [10]
    methods:
      - {{name: behave, label: anywhere, params: {{trace: {tmp_path}, seconds: 1.5}}}}
      - {{name: behave, label: there, params: {{trace: {tmp_path}, seconds: 2}}, resources: {{labels: {{zone: gone}}}}}}
"""
    suite = make_suite(text)
    lost = nodes.add(num_cpus=1, labels={"zone": "gone"})
    kill = when(lambda: running_on(lost, tmp_path), lambda _: nodes.kill(lost))
    with pytest.raises(InfrastructureError, match=r"none came for 2 s.*4 trials asks for 1 CPU, label zone=gone"):
        run_on(nodes, suite, lost_nodes_s=2)
    kill.join(1)
    from symbench.journal.file import Journal

    labels = [r.spec.method_label for r in Journal(home.journal("gone")).results()]
    assert set(labels) == {"anywhere"}, "what can run elsewhere does, before the error"
    assert len(labels) == 4
    back = nodes.add(num_cpus=1, labels={"zone": "gone"})
    _, results = run_on(nodes, suite)
    assert {r.status for r in results.values()} == {Status.OK}
    assert len(results) == 8
    assert {r.notes["node"] for r in results.values() if r.spec.method_label == "there"} == {back.node_id}


BULKY = """
name: bulky
seeds: 3
timeout: 100 s
discovery:
  - {task: {name: bulky, params: {mib: 160}}, train_sizes: [10], methods: [behave]}
  - {task: tiny, train_sizes: [10], methods: [behave]}
"""


@pytest.mark.slow
def test_data_larger_than_the_object_store_spill(nodes: Nodes, run_on: RunOn, make_suite: MakeSuite) -> None:
    _, results = run_on(nodes, make_suite(BULKY))
    assert {r.status for r in results.values()} == {Status.OK}


@pytest.mark.slow
def test_the_object_store_is_full_and_so_is_the_disk(run_on: RunOn, make_suite: MakeSuite) -> None:
    """Trials on the data that do not fit fail and say why; the others run."""
    with cluster(num_cpus=1, _system_config={"local_fs_capacity_threshold": 0.0}) as nodes:
        began = time.monotonic()
        _, results = run_on(nodes, make_suite(BULKY))
        assert time.monotonic() - began < 120
    by_task = {r.spec.task_label: r for r in results.values()}
    assert {r.status for r in results.values() if r.spec.task_label == "tiny"} == {Status.OK}
    assert by_task["bulky"].status is Status.FAILED
    assert by_task["bulky"].error is not None
    assert "no room for the data set of 0.1" in by_task["bulky"].error.message


@pytest.mark.slow
def test_a_node_that_has_no_room_for_the_data(run_on: RunOn, make_suite: MakeSuite) -> None:
    """The driver's node holds the data, the trial's node cannot: the wait for them has an end."""
    text = BULKY.replace("methods: [behave]", "methods: [{name: behave, resources: {labels: {zone: tight}}}]", 1)
    with cluster(num_cpus=1, object_store_memory=500 * 2**20) as nodes:
        tight = {"RAY_local_fs_capacity_threshold": "0.0"}
        nodes.add(num_cpus=1, labels={"zone": "tight"}, object_store_memory=90 * 2**20, env_vars=tight)
        _, results = run_on(nodes, make_suite(text), data_wait_s=5)
    bulky = [r for r in results.values() if r.spec.task_label == "bulky"]
    assert {r.status for r in bulky} == {Status.FAILED}
    for result in bulky:
        assert result.error is not None
        assert "the data did not reach the node within 5 s" in result.error.message


@pytest.mark.slow
def test_the_head_is_gone(make_suite: MakeSuite, home: Home, tmp_path: Path) -> None:
    """The run ends with exit code 3 and its journal; the same command on another cluster does the rest."""
    import subprocess
    import sys

    from symbench.journal.file import Journal
    from tests.conftest import BEHAVIOURS

    suite = _suite(make_suite, tmp_path, "head", 40)
    file = tmp_path / "head.yaml"
    file.write_text(suite.text)

    def command(nodes: Nodes) -> list[str]:
        base = [sys.executable, "-m", "symbench.cli", "run", str(file), "--plugin", str(BEHAVIOURS)]
        return [*base, "--address", nodes.address, "--home", str(home.root)]

    with cluster(num_cpus=2) as nodes:
        journal = Journal(home.journal("head"))
        kill = when(lambda: len(list(journal.results())) >= 3, lambda _: nodes.kill(nodes.head, "gcs_server", "raylet"))
        ran = subprocess.run(command(nodes), capture_output=True, text=True, timeout=200)
        kill.join(1)
        assert ran.returncode == 3, ran.stderr
        assert "has not answered for" in ran.stderr
        assert "Traceback" not in ran.stderr
        assert "raylet" not in ran.stdout, "Ray's own messages stay out of what the command prints"
    before = journal.latest()
    assert 3 <= len(before) < 40
    with cluster(num_cpus=4) as nodes:
        ran = subprocess.run(command(nodes), capture_output=True, text=True, timeout=200)
        assert ran.returncode == 0, ran.stderr
    assert len(exactly_once(suite, home)) == 40
